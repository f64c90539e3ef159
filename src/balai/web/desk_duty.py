"""Who is on duty at the desk, and what was left for them, as pages are shown it."""

from sqlalchemy.orm import Session

from balai.rooms import duty, shift_notes
from balai.web.desk_shapes import DutyView, NoteView, OnDuty


def duty_view(session: Session, *, is_required: bool) -> DutyView:
    """Show who is on duty, and what was left for them."""
    people = [
        OnDuty(person_id=person.id, name=person.display_name, until_at=until_at)
        for person, until_at in duty.on_duty(session)
    ]
    notes = [
        NoteView(id=note.id, text=note.text, by_name=note.by.display_name, at=note.at)
        for note in shift_notes.left(session)
    ]
    return DutyView(required=is_required, people=people, notes=notes)
