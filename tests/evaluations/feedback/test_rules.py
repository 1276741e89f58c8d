from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from evaluations.feedback.rules import objection_ends_at
from satisfaction.calendars.enums import CalendarKind
from satisfaction.calendars.service_calendar import ServiceCalendar

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("calendar", "published", "expected"),
    [
        (ServiceCalendar(), datetime(2026, 5, 12, 17, 30), date(2026, 5, 14)),
        (ServiceCalendar(), datetime(2026, 5, 12, 23, 59), date(2026, 5, 14)),
        (ServiceCalendar(CalendarKind.WORKING_DAYS), datetime(2026, 5, 15, 17, 30), date(2026, 5, 19)),
        (ServiceCalendar(overrides={date(2026, 5, 13): False}), datetime(2026, 5, 12, 9), date(2026, 5, 15)),
    ],
)
def test_objection_ends_at_close_of_business_of_the_second_service_day(calendar, published, expected):
    ends = objection_ends_at(
        published.replace(tzinfo=ZONE),
        calendar=calendar,
        service_days=2,
        close_of_business=time(18),
        zone=ZONE,
    )

    assert ends == datetime.combine(expected, time(18), ZONE)
