"""The minutes on A4, printed by Chromium (domain §9)."""

import pytest
from django.urls import reverse

from improvement.enums import Decision
from improvement.meetings.actions import save_minutes
from tests.worlds.meetings import NOW, item_of, make_room
from tests.worlds.printing import facts_of, printed, text_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def test_minutes_stand_on_a4_with_decisions_and_lines_to_sign(client, chromium, tmp_path, time_machine):
    time_machine.move_to(NOW, tick=False)
    room = make_room()
    revisit = room.revisit()
    meeting = room.opened()
    room.decide(item_of(meeting), Decision.NEW_PROJECT)
    save_minutes(
        meeting, by=room.head, attendees=[room.foreman], other_attendees="厂家", minutes="夜间值班", now=NOW
    )
    client.force_login(room.head)

    page = client.get(reverse("improvement:minutes", args=[meeting.month])).content.decode()
    pdf = printed(page, chromium=chromium, folder=tmp_path)

    facts, text = facts_of(pdf), text_of(pdf)
    assert (facts["Pages"], facts["Page size"]) == ("1", "594.96 x 841.92 pts (A4)")
    assert "时间2026-06-1014:05地点会议室主持人head参加人foreman厂家决定新建改善项目1纪要夜间值班" in text
    assert f"1{revisit.order.number}不满意回访工班甲新建改善项目设专人值守(manager)" in text
    assert text.endswith("主持人签字记录人签字日期")
