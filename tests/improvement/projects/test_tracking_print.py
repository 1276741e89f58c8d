"""The tracking table on A4 landscape, printed by Chromium (domain §9)."""

import pytest
from django.urls import reverse

from improvement.enums import ProjectState
from tests.worlds.meetings import NOW, make_room
from tests.worlds.printing import facts_of, printed, text_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def test_tracking_table_stands_on_a4_landscape(client, chromium, tmp_path, time_machine):
    time_machine.move_to(NOW, tick=False)
    room = make_room()
    for state in (ProjectState.IN_PROGRESS, ProjectState.EVALUATED):
        room.project_in(state, initial_measure="当日联系报修人")
    client.force_login(room.head)

    response = client.get(reverse("improvement:projects_print"))
    assert response.status_code == 200, response.headers
    page = response.content.decode()
    pdf = printed(page, chromium=chromium, folder=tmp_path)

    facts, text = facts_of(pdf), text_of(pdf)
    assert (facts["Pages"], facts["Page size"]) == ("1", "841.92 x 594.96 pts (A4)")
    assert text.startswith("改善项目跟踪管理表2个项目2026-06-10编号改善问题描述问题来源初步整改措施")
    assert "响应变快" in text
    assert text.endswith("负责人签字分管领导签字日期")
