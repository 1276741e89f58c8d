from datetime import date

from django.db import migrations

PROBLEM_TYPES = [
    (1, "维修人员故障响应速度", "Response speed of the technician", False),
    (2, "维修人员服务态度", "Service attitude of the technician", False),
    (3, "经维修后设备运行状态", "State of the equipment after the repair", False),
    (4, "其它", "Other", True),
]
SCRIPT = {
    "greeting_zh": "您好,这里是信息维修中心。您{reported}报修的{fault}已处理完毕,想占用您一分钟做个回访。",
    "response_zh": "我们的故障响应时间要求是1小时。请问维修人员是否在您报修后1小时内与您联系、确认故障情况?",
    "manner_zh": "请问您对维修人员的服务态度是否满意?",
    "uncivil_zh": "有没有不文明用语的情况?",
    "repaired_zh": "请问现在{equipment}修复了没有?",
    "overall_zh": "请您针对此次报修的处理情况给个评价:满意、基本满意、不满意,您的选择是?",
    "greeting_en": "Hello, this is the information maintenance centre. The fault you reported {reported} ({fault}) has been dealt with. May I take a minute of your time?",
    "response_en": "Our response time is one hour. Did our technician contact you and confirm the fault within an hour of your report?",
    "manner_en": "Were you satisfied with the technician's manner?",
    "uncivil_en": "Was there any uncivil language?",
    "repaired_en": "Is {equipment} repaired now?",
    "overall_en": "For the handling of this report: satisfied, basically satisfied or dissatisfied — which do you choose?",
}


def write_plan(apps, schema_editor):
    apps.get_model("evaluations", "EvaluationPolicy").objects.get_or_create(
        begins_on=date(2000, 1, 1), defaults={"note": "方案原始数值"}
    )
    problem_type = apps.get_model("evaluations", "ProblemType")
    for code, zh, en, needs_text in PROBLEM_TYPES:
        problem_type.objects.get_or_create(
            code=code, defaults={"name_zh": zh, "name_en": en, "needs_text": needs_text}
        )
    apps.get_model("evaluations", "CallScript").objects.get_or_create(version=1, defaults=SCRIPT)


class Migration(migrations.Migration):
    """The plan's own numbers, problem types (三.10) and script (三.7)."""

    dependencies = [("evaluations", "0001_initial")]
    operations = [migrations.RunPython(write_plan, migrations.RunPython.noop)]
