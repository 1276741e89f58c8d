"""The roles of people (domain §12)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The roles; each is a Django group of the same name."""

    LEAD = "lead", _("调度长")
    DISPATCHER = "dispatcher", _("调度")
    FOREMAN = "foreman", _("工长")
    DEPUTY = "deputy", _("副工长")
    HEAD = "head", _("科室负责人")
    MANAGER = "manager", _("管理人员")
    ADMIN = "admin", _("系统管理员")
    TECHNICIAN = "technician", _("维修人")


CREW_LEADS = (Role.FOREMAN, Role.DEPUTY)
