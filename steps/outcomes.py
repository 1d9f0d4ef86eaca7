"""What came of it, as a user of the API can see it."""

from behave import then
from behave.runner import Context

from support import phrases  # noqa: F401 - registers Person and People

# Accepted


@then("{someone:Person} is welcomed")
def welcomed(context: Context, someone: str) -> None:
    context.world.outcomes.welcomed(someone)


@then("she is welcomed")
def she_is_welcomed(context: Context) -> None:
    context.world.outcomes.welcomed(context.world.scene.she.person)


@then("{someone:Person} is welcomed under {other:Person}'s name")
def welcomed_under_name(context: Context, someone: str, other: str) -> None:
    context.world.outcomes.welcomed(someone, name=context.world.scene.member(other).newcomer.name)


@then("{someone:Person} is welcomed with this address")
def welcomed_with_address(context: Context, someone: str) -> None:
    context.world.outcomes.welcomed(someone)


@then("each of them is welcomed and shown with her own name and address")
def each_welcomed(context: Context) -> None:
    context.world.outcomes.each_welcomed()


@then("{someone:Person} is shown as she was welcomed")
@then("{someone:Person} is shown like that")
@then("{someone:Person} is as she was")
def is_as_she_was(context: Context, someone: str) -> None:
    context.world.outcomes.is_as(someone)


@then("she is shown as she was welcomed")
@then("she is shown like that")
def she_is_as_she_was(context: Context) -> None:
    context.world.outcomes.is_as(context.world.scene.she.person)


@then("{someone:Person} is shown like that, wherever she is shown")
@then("{someone:Person} is as she was, wherever she is shown")
def is_as_everywhere(context: Context, someone: str) -> None:
    context.world.outcomes.is_as_everywhere(someone)


@then("everybody but {someone:Person} is as before")
def others_as_before(context: Context, someone: str) -> None:
    context.world.outcomes.everybody_is_as_before(except_for=[someone])


@then("she is shown with exactly this name, wherever she is shown")
def shown_with_name(context: Context) -> None:
    context.world.outcomes.shown_everywhere("name")


@then("she is shown with exactly this address, wherever she is shown")
def shown_with_address(context: Context) -> None:
    context.world.outcomes.shown_everywhere("email")


@then("everybody shown has the shape of a user")
def everybody_has_shape(context: Context) -> None:
    context.world.outcomes.shape_of_everybody()


@then("{someone:Person} is answered with the new name and everything else as before")
@then("{someone:Person} is answered with the new address and everything else as before")
@then("{someone:Person} is answered with the new name and address and everything else as before")
@then("{someone:Person} is answered with everything as before")
def answered_changed(context: Context, someone: str) -> None:
    context.world.outcomes.changed(someone)


@then("she is answered with the new name and everything else as before")
@then("she is answered with the new address and everything else as before")
def she_is_answered_changed(context: Context) -> None:
    context.world.outcomes.changed(context.world.scene.she.person)


# Refused


@then("{someone:Person} is refused because the address is taken")
@then("{someone:Person} is refused each time because the address is taken")
def refused_as_taken(context: Context, someone: str) -> None:
    context.world.outcomes.answered_for(someone, "taken")


@then("it is refused as invalid")
@then("each of them is refused as invalid")
@then("she is refused as invalid")
def refused_as_invalid(context: Context) -> None:
    context.world.outcomes.answered("invalid")


@then("{someone:Person} is refused as invalid, or {accepted:Accepted} without {what:OwnThing}")
def refused_or_ignored(context: Context, someone: str, accepted: str, what: str) -> None:
    context.world.outcomes.refused_or_ignored(someone, accepted, context.world.people.brought(what))


@then("it is done or refused as invalid")
def done_or_refused(context: Context) -> None:
    context.world.outcomes.done_or_refused()


@then("nobody is found")
def nobody_found(context: Context) -> None:
    context.world.outcomes.answered("unknown")


@then("nobody new is there")
@then("nobody signed up as Mallory")
def nobody_new(context: Context) -> None:
    context.world.outcomes.nobody_new()


@then("nobody has the id and address that were sent")
def nobody_made(context: Context) -> None:
    context.world.outcomes.nobody_made_by_change()


# Gone


@then("{someone:Person}'s leaving is confirmed")
def leaving_confirmed(context: Context, someone: str) -> None:
    context.world.outcomes.answered_for(someone, "deleted")


@then("her leaving is confirmed")
def her_leaving_confirmed(context: Context) -> None:
    context.world.outcomes.answered("deleted")


@then("she is no longer shown")
def she_is_no_longer_shown(context: Context) -> None:
    context.world.gone.from_reading(context.world.scene.she)


@then("{someone:Person} is no longer shown")
def no_longer_shown(context: Context, someone: str) -> None:
    context.world.gone.from_reading(context.world.scene.member(someone))


@then("none of {group:People} is shown any more")
def none_shown(context: Context, group: list[str]) -> None:
    context.world.gone.each_from_reading(group)


@then("there is nobody to leave")
def nobody_to_leave(context: Context) -> None:
    context.world.outcomes.answered("deleted_again")


@then("she has another id than before")
def another_id(context: Context) -> None:
    context.world.outcomes.has_another_id()


@then("none of them has the id that {someone:Person} had")
def nobody_has_id(context: Context, someone: str) -> None:
    context.world.outcomes.nobody_has_id_of(someone)
