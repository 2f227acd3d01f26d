"""Two couples and a stranger pair, write, pause, end, block and delete in any order; each sees exactly what the rules allow."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chalicelib.kit import clock
from chalicelib.kit.errors import Problem
from chalicelib.kit.pagination import PageRequest
from chalicelib.together.enums import ConversationKind
from chalicelib.together.errors import RelationshipNotFound
from chalicelib.together.models import User
from chalicelib.together.schemas.checkins import CheckinPut, CheckinQuery
from chalicelib.together.schemas.conversations import ConversationCreate
from chalicelib.together.schemas.goals import GoalCreate, GoalQuery
from chalicelib.together.schemas.messages import RowsDeleted
from chalicelib.together.service.acceptance import accept_invitation
from chalicelib.together.service.blocks import add_block
from chalicelib.together.service.checkin_lists import list_checkins
from chalicelib.together.service.checkins import record_checkin
from chalicelib.together.service.conversations import add_conversation, get_conversation, list_conversations
from chalicelib.together.service.deletions import delete_rows
from chalicelib.together.service.endings import end_relationship
from chalicelib.together.service.goals import add_goal, list_goals
from chalicelib.together.service.invitations import create_invitation
from chalicelib.together.service.pauses import pause_relationship, resume_relationship
from tests.together.days import START, MovableClock, set_clock
from tests.together.members import new_member

NAMES = ("ada", "ben", "cleo", "dan", "eve")
names = st.sampled_from(NAMES)
others = st.tuples(names, names).filter(lambda pair: pair[0] != pair[1])
PAGE = PageRequest(100)
KINDS = ("goal", "talk", "checkin")


@dataclass
class Space:
    """A relationship as the rules see it."""

    members: list[str]
    is_open: bool = True
    paused_by: set[str] = field(default_factory=set)
    deleted_by: set[str] = field(default_factory=set)

    @property
    def is_couple(self) -> bool:
        return self.is_open and len(self.members) == 2


@dataclass
class Entry:
    """A text that a member wrote. `is_own`: nobody else ever reads it."""

    text: str
    kind: str
    author: str
    space: str
    is_own: bool


class TwoCouples(RuleBasedStateMachine):
    """The members' spaces and texts as the rules have them, and the real ones."""

    time: MovableClock

    @initialize()
    def sign_up(self) -> None:
        self.time.now = START
        self.ids = {name: new_member(name).id for name in NAMES}
        self.spaces: dict[str, Space] = {}
        self.current: dict[str, str] = {}
        self.blocks: set[frozenset[str]] = set()
        self.entries: list[Entry] = []
        self.codes: list[tuple[str, str]] = []
        self.viewers = itertools.cycle(NAMES)
        for name in NAMES:
            self._enter_space(name)
        for inviter, acceptor in (("ada", "ben"), ("cleo", "dan")):
            self._pair(inviter, acceptor)
            for name, kind in itertools.product((inviter, acceptor), KINDS):
                self._add_entry(name, kind, False)

    def _user(self, name: str) -> User:
        return User.get(self.ids[name], consistent_read=True)

    def _enter_space(self, name: str) -> None:
        relationship_id = str(self._user(name).relationship_id)
        self.current[name] = relationship_id
        self.spaces[relationship_id] = Space([name])

    def _space(self, name: str) -> Space:
        return self.spaces[self.current[name]]

    def _end(self, name: str) -> None:
        space = self._space(name)
        space.is_open = False
        for member in space.members:
            self._enter_space(member)

    @contextmanager
    def _succeeds(self, expected: bool) -> Iterator[None]:
        self.time.move(minutes=4)
        with nullcontext() if expected else pytest.raises(Problem):
            yield

    @rule(pair=others)
    def pair(self, pair: tuple[str, str]) -> None:
        self._pair(*pair)

    def _pair(self, inviter: str, acceptor: str) -> None:
        space, own = self._space(inviter), self._space(acceptor)
        is_alone = not space.is_couple
        with self._succeeds(is_alone):
            self.codes.append((inviter, create_invitation(self._user(inviter), None).code))
        if not is_alone:
            return
        can_pair = not own.is_couple and frozenset((inviter, acceptor)) not in self.blocks
        with self._succeeds(can_pair):
            accept_invitation(self._user(acceptor), self.codes[-1][1])
        if can_pair:
            own.is_open = False
            space.members.append(acceptor)
            self.current[acceptor] = self.current[inviter]

    @rule(name=names, data=st.data())
    def try_an_old_code(self, name: str, data: st.DataObject) -> None:
        if not self.codes:
            return
        inviter, code = data.draw(st.sampled_from(self.codes[:-1] or self.codes))
        if self._space(name).is_couple or not self._space(inviter).is_couple:
            return
        with self._succeeds(False):
            accept_invitation(self._user(name), code)

    @rule(name=names)
    def pause(self, name: str) -> None:
        with self._succeeds(self._space(name).is_couple):
            pause_relationship(self._user(name))
        if self._space(name).is_couple:
            self._space(name).paused_by.add(name)

    @rule(name=names)
    def resume(self, name: str) -> None:
        space = self._space(name)
        is_theirs = name in space.paused_by or not space.paused_by
        with self._succeeds(space.is_couple and is_theirs):
            resume_relationship(self._user(name))
        space.paused_by.discard(name)

    @rule(name=names)
    def end(self, name: str) -> None:
        is_couple = self._space(name).is_couple
        with self._succeeds(True):
            end_relationship(self._user(name))
        if is_couple:
            self._end(name)

    @rule(name=names, data=st.data())
    def block(self, name: str, data: st.DataObject) -> None:
        mine = [key for key, space in self.spaces.items() if name in space.members and name not in space.deleted_by]
        relationship_id = data.draw(st.sampled_from(sorted(mine)))
        space = self.spaces[relationship_id]
        with self._succeeds(len(space.members) == 2):
            add_block(self._user(name), relationship_id)
        if len(space.members) == 2:
            if not (space.deleted_by - {name}):
                self.blocks.add(frozenset(space.members))
            if space.is_open:
                self._end(name)

    @rule(name=names, kind=st.sampled_from(KINDS), is_private=st.booleans())
    def write(self, name: str, kind: str, is_private: bool) -> None:
        self._add_entry(name, kind, is_private)

    def _add_entry(self, name: str, kind: str, is_private: bool) -> None:
        space, user = self._space(name), self._user(name)
        mine = [entry for entry in self.entries if entry.space == self.current[name]]
        if kind == "checkin" and any(entry.kind == kind and entry.author == name for entry in mine):
            return
        if kind == "goal" and sum(entry.kind == kind for entry in mine) == 3:
            return
        text = f"text {len(self.entries)} of {name}."
        with self._succeeds(kind != "goal" or not space.paused_by):
            self._write(user, kind, text, is_private)
        if kind != "goal" or not space.paused_by:
            is_own = kind != "goal" and (is_private or bool(space.paused_by) or not space.is_couple)
            self.entries.append(Entry(text, kind, name, self.current[name], is_own))

    def _write(self, user: User, kind: str, text: str, is_private: bool) -> None:
        if kind == "goal":
            add_goal(user, GoalCreate(title=text), None)
        elif kind == "talk":
            talk = ConversationCreate(kind=ConversationKind.OTHER, topic=text, notes=text, is_private=is_private)
            add_conversation(user, talk, None)
        else:
            scores = {"connection_score": 5, "mood_score": 5, "relationship_satisfaction": 5}
            body = CheckinPut(**scores, highlight=text, is_private=is_private)
            record_checkin(user, clock.now().date(), body)

    @rule(name=names, data=st.data())
    def delete(self, name: str, data: st.DataObject) -> None:
        ended = [
            key
            for key, space in self.spaces.items()
            if name in space.members and not space.is_open and name not in space.deleted_by
        ]
        if not ended:
            return
        relationship_id = data.draw(st.sampled_from(sorted(ended)))
        delete_rows(RowsDeleted(user_id=self.ids[name], relationship_id=relationship_id))
        self.spaces[relationship_id].deleted_by.add(name)

    @invariant()
    def one_of_them_sees_exactly_what_the_rules_allow(self) -> None:
        self._check(next(self.viewers))

    def teardown(self) -> None:
        for name in NAMES:
            self._check(name)

    def _check(self, name: str) -> None:
        user = self._user(name)
        assert user.relationship_id == self.current[name]
        for relationship_id in self.spaces:
            assert self._visible(user, relationship_id) == self._expected(name, relationship_id), name

    def _expected(self, viewer: str, relationship_id: str) -> set[str]:
        space = self.spaces[relationship_id]
        if viewer not in space.members or viewer in space.deleted_by:
            return set()
        entries = [entry for entry in self.entries if entry.space == relationship_id]
        has_checked_in = any(entry.kind == "checkin" and entry.author == viewer for entry in entries)
        return {
            entry.text
            for entry in entries
            if entry.kind == "goal"
            or entry.author == viewer
            or (space.is_open and not entry.is_own and (entry.kind == "talk" or has_checked_in))
        }

    def _visible(self, user: User, relationship_id: str) -> set[str]:
        try:
            goals = list_goals(user, GoalQuery(relationship=relationship_id), PAGE)
            talks = list_conversations(user, relationship_id, PAGE)
            checkins = list_checkins(user, CheckinQuery(relationship=relationship_id), PAGE)
        except RelationshipNotFound:
            return set()
        details = [get_conversation(user, talk.id, relationship_id) for talk in talks.items]
        content = "\n".join(map(str, [*goals.items, *talks.items, *checkins.items, *details]))
        return {entry.text for entry in self.entries if entry.text in content}


def test_nobody_sees_more_or_less_than_the_rules_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    TwoCouples.time = set_clock(monkeypatch)
    how = settings(max_examples=6, stateful_step_count=12, phases=[Phase.explicit, Phase.generate])
    run_state_machine_as_test(TwoCouples, settings=how)
