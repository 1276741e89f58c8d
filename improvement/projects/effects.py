"""The effect of a project in numbers and in a sentence (domain §9.12, §9.13)."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

from django.utils.translation import gettext as _

from evaluations.models import EvaluationPolicy
from improvement.enums import ProjectState
from improvement.models import ImprovementProject
from satisfaction.calendars import days
from satisfaction.core.formats import format_long_day

from .effect_queries import count_ratings, last_cause_day
from .rules import ProjectFacts, StepFacts, effective_day, nominal_effective_day
from .rules_effect import MIN_RATED, Effect, EffectVerdict, EffectWindows, make_windows


def project_facts(project: ImprovementProject) -> ProjectFacts:
    """Returns the facts that decide about the project. One query, and one for steps not prefetched."""
    steps = tuple(StepFacts(step.who_id, step.done_by_id, step.done_on) for step in project.steps.all())
    named = nominal_effective_day(steps, project.effective_on)
    return ProjectFacts(
        ProjectState(project.state),
        project.responsible_id,
        steps,
        project.effective_on,
        project.decided_on,
        last_cause_day(project, until=named) if named else None,
    )


def effect_days(effective_on: date) -> int:
    """Returns the length of the periods in days, by the policy of the month of `effective_on`. One query."""
    return EvaluationPolicy.objects.for_month(effective_on).effect_days


def effect_windows(project: ImprovementProject, *, now: datetime) -> EffectWindows | None:
    """Returns the compared periods; None before the measure takes effect."""
    effective_on = effective_day(project_facts(project))
    if effective_on is None:
        return None
    return make_windows(effective_on, effect_days(effective_on), today=days.local_day(now))


def current_effect(project: ImprovementProject, *, now: datetime) -> Effect | None:
    """Returns the effect as of now; None before the measure takes effect. Three queries with prefetched rows."""
    span = effect_windows(project, now=now)
    if span is None:
        return None
    before, after = count_ratings(*effect_scope(project), span, now=now)
    return Effect(span, before, after)


def effect_scope(project: ImprovementProject) -> tuple[list[int], list[int]]:
    """Returns the ids of the crews and problem types concerned; empty: all."""
    return [crew.pk for crew in project.crews.all()], [kind.pk for kind in project.problem_types.all()]


def effect_sentence(effect: Effect | None) -> str:
    """Returns the conclusion from the numbers in words, also when there is none."""
    if effect is None:
        return _("措施还没有生效:填写生效日,或等全部步骤完成。")
    return {
        EffectVerdict.NOT_YET: _not_yet,
        EffectVerdict.TOO_FEW: _too_few,
        EffectVerdict.UNCLEAR: _unclear,
        EffectVerdict.BETTER: _better,
        EffectVerdict.WORSE: _worse,
    }[effect.verdict](effect)


def _not_yet(effect: Effect) -> str:
    last = format_long_day(effect.windows.after_last)
    return _("生效后的 %(days)d 天到%(last)s为止,还没有过完,现在的数字只供参考。") % {
        "days": effect.windows.days,
        "last": last,
    }


def _too_few(effect: Effect) -> str:
    return _(
        "工单太少,看不出效果:生效前 %(before)d 张、生效后 %(after)d 张有评价,每段至少要 %(least)d 张。"
    ) % {"before": effect.before.rated, "after": effect.after.rated, "least": MIN_RATED}


def _unclear(effect: Effect) -> str:
    return _(
        "不满意率由 %(before)s 变为 %(after)s,差别没有超出偶然波动(95%%),工单数还不足以说明有没有效果。"
    ) % _rates(effect)


def _better(effect: Effect) -> str:
    return _(
        "不满意率由 %(before)s 降到 %(after)s,下降 %(low)s 至 %(high)s 个百分点(95%%),不是偶然波动。"
    ) % _rates(effect)


def _worse(effect: Effect) -> str:
    return _(
        "不满意率由 %(before)s 升到 %(after)s,上升 %(low)s 至 %(high)s 个百分点(95%%),不是偶然波动。"
    ) % _rates(effect)


def _rates(effect: Effect) -> dict[str, str]:
    fall = effect.fall
    assert effect.before.rate is not None and effect.after.rate is not None and fall is not None
    low, high = sorted((abs(fall.low), abs(fall.high)))
    return {
        "before": _percent(effect.before.rate),
        "after": _percent(effect.after.rate),
        "low": f"{low * 100:.1f}",
        "high": f"{high * 100:.1f}",
    }


def _percent(share: Fraction) -> str:
    """Returns per cent with one decimal, half up."""
    tenths = share * 1000 + Fraction(1, 2)
    whole = tenths.numerator // tenths.denominator
    return f"{whole // 10}.{whole % 10} %"
