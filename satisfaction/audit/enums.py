"""Kinds of audit events."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AuditKind(TextChoices):
    """One kind for each action on a number, a right or a secret that no other table records (domain §12)."""

    SIGN_IN = "sign_in", _("登录")
    SIGN_IN_FAILED = "sign_in_failed", _("登录失败")
    LOCKED_OUT = "locked_out", _("登录被限制")
    UNLOCKED = "unlocked", _("解除登录限制")
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere", _("退出全部登录")
    PASSWORD_CHANGED = "password_changed", _("修改密码")
    LINK_ASKED = "link_asked", _("申请重设密码的邮件")
    LINK_ISSUED = "link_issued", _("签发一次性链接")
    ROLE_ASKED = "role_asked", _("提出授予角色")
    ROLES_CHANGED = "roles_changed", _("变更角色")
    IMPORTED = "imported", _("导入")
    EXPORTED = "exported", _("导出")
    DOWNLOADED = "downloaded", _("下载文件")
    PUBLISHED = "published", _("发布结果")
    SAVE_UNDONE = "save_undone", _("撤销已保存的回访")
    NUMBER_SHOWN = "number_shown", _("查看完整电话")
    NUMBER_CHANGED = "number_changed", _("更正报修人电话")
    ORDER_DISCARDED = "order_discarded", _("删除误入的工单")
    CONFIRMED = "confirmed", _("确认待定的更改")
    DECLINED = "declined", _("驳回待定的更改")
    SETTINGS_CHANGED = "settings_changed", _("修改设置")
    PHOTO_REMOVED = "photo_removed", _("删除回访表照片")
    PEOPLE_MASKED = "people_masked", _("到期遮盖电话")
