"""Locations that do not lead to the new user."""

from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect


def _put_location(sandbox: Sandbox, locate: Decision) -> None:
    def created(_sandbox: Sandbox, created: Decision, user: User, call: Call) -> Answer:
        answer: Answer = created(user, call)
        location = locate(user)
        if location is None:
            del answer.headers["location"]
        else:
            answer.headers["location"] = location
        return answer

    sandbox.around("created", created)


@defect("create-location")
def no_location(sandbox: Sandbox) -> None:
    """A 201 has no Location."""
    _put_location(sandbox, lambda _user: None)


@defect("create-location")
def location_of_collection(sandbox: Sandbox) -> None:
    """Location leads to the collection."""
    _put_location(sandbox, lambda _user: sandbox.api.path)


@defect("create-location")
def location_of_another_user(sandbox: Sandbox) -> None:
    """Location leads to the user that was created before."""
    before: list[User] = []

    def locate(user: User) -> str:
        before.append(user)
        return f"{sandbox.api.path}/{before[max(0, len(before) - 2)].id}"

    _put_location(sandbox, locate)


@defect("create-location")
def location_under_an_old_path(sandbox: Sandbox) -> None:
    """Location leads to a path that is served no more."""
    _put_location(sandbox, lambda user: f"/v0{sandbox.api.path}/{user.id}")


@defect("create-location")
def location_is_a_template(sandbox: Sandbox) -> None:
    """Location is a template that was never filled in."""
    _put_location(sandbox, lambda _user: f"{sandbox.api.path}/:id")
