"""Which sessions the next step moves on: fair between tenants, earliest due time first, in batches that pay.

Pure bookkeeping on tickets (numbers given by the pool): no clock, no thread, no generator. `now_s` is in seconds on any
monotonic clock and never goes back from call to call.

The choice, in this order:

1. Ready is a session that is in no step and may go on: a LOSSLESS one while it has credit, so a paced one may run
   ahead of its pace; a LIVE one from its release time on, with or without credit. The releases of a LIVE one follow
   its clock, which starts with its first part: it skips the parts whose time is over.
2. BACKGROUND sessions count only while no other one is ready.
3. Tenants share device seconds by deficit round robin. A step is charged to its tenant; one that has used up its
   quantum waits while a tenant that has not has a ready session. Then everybody gets a new one, and can save one up:
   who asks for less than an equal share is hardly ever held up.
4. What has been promised a pace or a due time goes before what has not, or a long queue without promises would break
   them all; but the part of a tenant's time that may not be promised stays with its other sessions. Then earliest due
   time first. A part of a paced session is due one interval after its release; a step of an asset that is wanted by
   a certain time, early enough for the steps behind it; any other, when the patience of its priority ends. An asset
   that cannot be in time any more has no promise left: it would only take others down with it.
5. The batch is filled with sessions of the same key in the same order. Those of tenants without quantum ride along at
   its end, and pay, if they are next in their tenant. Where batches pay, LIVE sessions of one pace and priority share
   ticks: a younger one that sleeps while an older one leads is released, less than an interval early, with its clock.

Nobody starves. A due time is never before the moment at which its session became ready: a late one is not owed what it
missed. So whatever becomes ready after a session's due time D goes behind it, and each other session of its tenant goes
ahead at most once after D. D itself is at most a patience or an interval away, or not behind the asset's due time. A
session without promise goes by the same rule while its tenant's reserve is positive, and promised steps add to that.
Between tenants, a debt of n quanta is paid off after n rounds, and a round ends because every step is charged.
"""

from dataclasses import dataclass
from math import floor, inf

from engine.generators.protocol import StepKinds
from engine.runtime.costs import CostTable
from engine.runtime.feasibility import Commitment, retry_delay_s
from engine.runtime.messages import Delivery, Priority, Terms

PATIENCE_S = {Priority.INTERACTIVE: 0.1, Priority.STANDARD: 1.0, Priority.BACKGROUND: 10.0}
"""Time within which a session without pace wants its next step."""

CHARGE_MIN_S = 1e-6
"""A step is charged at least this much, so that a round ends whatever the clock says."""

SETBACK = 0.98
RECOVERY = 0.00005
PROMISABLE_MIN = 0.5
"""Each broken promise lowers the part of the device's time that may be promised by a fiftieth, down to half of it; each
step in time wins back a little. Kept promises have to be several hundred times as many as broken ones for it to grow.
"""

BEHIND_MAX = 32
"""Most parts that a LIVE session skips at once: moving on over them takes time too. One that is further behind lets its
clock start again."""

_Rank = tuple[bool, bool, bool, float, int]


@dataclass(slots=True, eq=False)
class _Tenant:
    """Who pays.

    deficit_s  what is left of the quantum; below 0: a debt
    reserve_s  what sessions without promises may take before the others; at or below 0: nothing
    """

    name: str
    deficit_s: float = 0.0
    reserve_s: float = 0.0
    session_count: int = 0


@dataclass(slots=True, eq=False)
class _Session:
    """A session's terms and where it stands.

    run          which of `steps` is next, and `run_left` how many are left of it
    later_s      time that the runs behind this one take, where that matters
    wanted_at_s  when the whole asset is due
    release_s    when the next part is due at the latest, less an interval
    timed        whether its clock runs: LIVE, and the part before the next one was of the same kind
    behind       parts that its next step passes over
    due_s        when the next step is due, once the session is ready
    start_by_s   when the next step has to begin for the whole asset to be in time
    promised     whether that is a promise
    on_reserve   whether its step went ahead of promises: it led a batch, neither riding along nor for lack of others
    """

    ticket: int
    tenant: _Tenant
    live: bool
    interval_s: float
    priority: Priority
    wanted_at_s: float
    release_s: float
    credit: int
    steps: StepKinds
    key: str
    run: int = 0
    run_left: int = 0
    later_s: float = 0.0
    due_s: float = inf
    start_by_s: float = inf
    promised: bool = False
    timed: bool = False
    behind: int = 0
    on_reserve: bool = False
    in_step: bool = False

    def rank(self) -> _Rank:
        """Smaller goes first."""
        tenant = self.tenant
        yields = not self.promised and tenant.reserve_s <= 0.0
        return self.priority is Priority.BACKGROUND, tenant.deficit_s <= 0.0, yields, self.due_s, self.ticket

    def ahead(self) -> StepKinds:
        """The steps that are left."""
        return (self.key, self.run_left), *self.steps[self.run + 1 :]


class Scheduler:
    """Orders the sessions of one device.

    costs      measured step times; read here, recorded by who runs the steps
    quantum_s  device seconds per tenant and round: how long one can be held up by another
    capacity   part of the device's time that may be promised to sessions with a pace or due time, in (0, 1); less as
               long as promises are broken, because something besides the steps takes time
    """

    def __init__(self, costs: CostTable, quantum_s: float = 0.05, capacity: float = 0.95) -> None:
        self._costs = costs
        self._quantum_s = quantum_s
        self._capacity = capacity
        self._promisable = capacity
        self._tenants: dict[str, _Tenant] = {}
        self._sessions: dict[int, _Session] = {}
        # Every session is either in a step or in one of these. Their sizes may be read from any thread.
        self._ready: dict[int, _Session] = {}
        self._asleep: dict[int, _Session] = {}  # until their release time
        self._stalled: dict[int, _Session] = {}  # until they get credit
        self.on_time_count = 0
        self.missed_count = 0

    def __len__(self) -> int:
        """Number of sessions that have been added and not removed."""
        return len(self._sessions)

    @property
    def stalled_count(self) -> int:
        """Number of sessions that wait for credit; from any thread."""
        return len(self._stalled)

    def ready_count(self, now_s: float) -> int:
        """Number of sessions that a step could move on now; from any thread."""
        return len(self._ready) + sum(session.release_s <= now_s for session in tuple(self._asleep.values()))

    def wake_at_s(self) -> float | None:
        """The earliest time at which a LIVE session becomes ready; None if time alone makes none ready."""
        return min((session.release_s for session in self._asleep.values()), default=None)

    def admit(self, terms: Terms, steps: StepKinds, now_s: float) -> float | None:
        """None if a session of `terms` with `steps` ahead can be made in time beside those that run.

        Otherwise the delay in seconds, 0.1 to 30, after which another attempt may succeed. A session without pace and
        due time is always admitted, and one with only a pace if nothing else runs: measured when the machine was
        busier, its steps may look too slow, and an idle device would measure nothing and refuse it for good.
        """
        if not self._sessions and terms.due_in_s is None:
            return None
        wanted_at_s = inf if terms.due_in_s is None else now_s + terms.due_in_s
        candidate = Commitment(steps, terms.interval_s, wanted_at_s)
        if not candidate.binding:
            return None
        running = [Commitment(each.ahead(), each.interval_s, each.wanted_at_s) for each in self._sessions.values()]
        return retry_delay_s(candidate, running, self._costs, self._promisable, now_s)

    def add(self, ticket: int, steps: StepKinds, credit: int, terms: Terms, now_s: float) -> None:
        """Let the new `ticket` take part, with at least one of `steps` ahead and room for `credit` parts."""
        tenant = self._tenants.setdefault(terms.tenant, _Tenant(terms.tenant))
        tenant.session_count += 1
        live, wanted_at_s = terms.delivery is Delivery.LIVE, inf if terms.due_in_s is None else now_s + terms.due_in_s
        session = self._sessions[ticket] = _Session(
            ticket, tenant, live, terms.interval_s, terms.priority, wanted_at_s, now_s, credit, steps, steps[0][0]
        )
        self._start_run(session, 0)
        self._file(session, now_s)

    def grant(self, ticket: int, part_count: int, now_s: float) -> None:
        """The reader took `part_count` parts. A ticket that has left meanwhile is ignored."""
        session = self._sessions.get(ticket)
        if session is not None:
            session.credit += part_count
            if self._stalled.pop(ticket, None) is not None:
                self._file(session, now_s)

    def promote(self, ticket: int, priority: Priority, now_s: float) -> None:
        """From now on `ticket` has this priority. A ticket that has left meanwhile is ignored."""
        session = self._sessions.get(ticket)
        if session is not None:
            session.priority = priority
            if not session.promised:
                session.due_s = min(session.due_s, now_s + PATIENCE_S[priority])

    def next_batch(self, now_s: float) -> tuple[int, ...]:
        """Take the tickets to step now, the most urgent first, all of one key; () when none is ready.

        Each of them needs `stepped` or `remove` afterwards.
        """
        self._write_off(now_s)
        for session in [session for session in self._asleep.values() if session.release_s <= now_s]:
            del self._asleep[session.ticket]
            self._file(session, session.release_s)
        if not self._ready:
            return ()
        leader = self._first()
        if leader.tenant.deficit_s <= 0.0:
            self._start_round(background=leader.priority is Priority.BACKGROUND)
            leader = self._first()
        cap = self._costs.batch_cap(leader.key)
        if cap > 1 and leader.timed:
            self._share_ticks(leader, now_s)
        alone = cap == 1 or len(self._ready) == 1
        batch = [leader] if alone else [leader, *sorted(self._riders(leader), key=_Session.rank)[: cap - 1]]
        for session in batch:
            del self._ready[session.ticket]
            if session.timed:
                self._catch_up(session, now_s)
            session.in_step = True
            session.on_reserve = session is leader and leader.tenant.reserve_s > 0.0
        return tuple(session.ticket for session in batch)

    def key(self, ticket: int) -> str:
        """What kind of step is next for `ticket`, which takes part."""
        return self._sessions[ticket].key

    def behind(self, ticket: int) -> int:
        """Parts that the next step of `ticket`, which takes part, shall pass over, because their time is over."""
        return self._sessions[ticket].behind

    def stepped(self, ticket: int, part_count: int, share_s: float, now_s: float) -> float | None:
        """A step of `ticket` has ended with `part_count` parts; its tenant pays `share_s` device seconds.

        A step may make more parts than there is credit for; the session then waits until its reader has caught up.
        Returns how many seconds after its due time a step of a paced session ended (negative: before), or after the
        asset's due time; None if there is none. A ticket that has left meanwhile is ignored.
        """
        session = self._sessions.get(ticket)
        if session is None or not session.in_step:
            return None
        promised_at_s = session.release_s + session.interval_s if session.interval_s else session.wanted_at_s
        session.in_step = False
        session.credit -= part_count
        self._charge(session, max(share_s, CHARGE_MIN_S))
        session.release_s += part_count * session.interval_s
        if not session.timed:
            session.release_s = max(session.release_s, now_s)
        session.run_left -= 1 + session.behind
        session.behind = 0
        session.timed = session.live and part_count > 0 and session.run_left > 0
        if session.run_left <= 0:
            self._start_run(session, session.run + 1)
        self._file(session, now_s)
        if promised_at_s == inf:
            return None
        late_s = now_s - promised_at_s
        self.missed_count += late_s > 0.0
        self.on_time_count += late_s <= 0.0
        if late_s <= 0.0:
            self._promisable += RECOVERY * (self._capacity - self._promisable)
        elif session.interval_s:
            self._broken()
        return late_s

    def remove(self, ticket: int) -> None:
        """Forget `ticket`: finished, failed or cancelled. Unknown tickets are ignored."""
        session = self._sessions.pop(ticket, None)
        if session is None:
            return
        for place in (self._ready, self._asleep, self._stalled):
            place.pop(ticket, None)
        session.tenant.session_count -= 1
        # One that owes something stays known until it is paid off: else short sessions in a row would never pay.
        if not session.tenant.session_count and session.tenant.deficit_s >= 0.0:
            del self._tenants[session.tenant.name]
        if not self._sessions:
            self._tenants.clear()

    def _first(self) -> _Session:
        ready = self._ready.values()
        return next(iter(ready)) if len(ready) == 1 else min(ready, key=_Session.rank)

    def _start_run(self, session: _Session, run: int) -> None:
        """Go on to that run of equal steps; behind the last one comes one more of its kind after the other."""
        if run >= len(session.steps):
            session.run_left = 1
        else:
            session.run = run
            session.key, session.run_left = session.steps[run]
            if session.wanted_at_s < inf:
                session.later_s = self._costs.path_s(session.steps[run + 1 :])

    def _file(self, session: _Session, now_s: float) -> None:
        """Put a session that is in no step where it belongs."""
        if session.live and session.release_s > now_s:
            self._asleep[session.ticket] = session
        elif not session.live and session.credit <= 0:
            self._stalled[session.ticket] = session
        else:
            if not session.live:
                session.release_s = max(session.release_s, now_s)
            self._set_due(session, now_s)
            self._ready[session.ticket] = session

    def _catch_up(self, session: _Session, now_s: float) -> None:
        """Let a session that is whole intervals late pass over as many parts, but never over its last one."""
        late = self._late(session, now_s)
        session.behind = min(late, BEHIND_MAX, session.run_left - 1)
        session.release_s = now_s if late > session.behind else session.release_s + late * session.interval_s

    def _late(self, session: _Session, now_s: float) -> int:
        return floor((now_s - session.release_s) / session.interval_s)

    def _share_ticks(self, leader: _Session, now_s: float) -> None:
        """Release younger LIVE sessions of its kind, pace and priority with the leader, but none twice for one tick."""
        tick_s = leader.release_s + self._late(leader, now_s) * leader.interval_s
        next_s = tick_s + 0.999999 * leader.interval_s  # rounding must not make what is due then look earlier
        kind = leader.key, leader.interval_s, leader.priority
        for session in [each for each in self._asleep.values() if each.timed and each.ticket > leader.ticket]:
            if (session.key, session.interval_s, session.priority) == kind and session.release_s < next_s:
                del self._asleep[session.ticket]
                session.release_s = tick_s
                self._file(session, tick_s)

    def _set_due(self, session: _Session, now_s: float) -> None:
        """When the next step of a session that is ready from now on is due."""
        session.start_by_s = session.wanted_at_s - self._path_left_s(session)
        wanted = now_s <= session.start_by_s < inf  # a due time that cannot be met any more binds no longer
        if session.promised and not wanted and not session.interval_s:
            self._broken()
        session.promised = wanted or session.interval_s > 0.0
        patience_s, due_s = PATIENCE_S[session.priority], inf
        if session.interval_s:
            # One that has run far ahead of its pace still goes on now and then, at most at its pace.
            late = max(0, self._late(session, now_s))
            due_s = session.release_s + (1 + late) * session.interval_s
            due_s = min(due_s, now_s + max(session.interval_s, patience_s))
        if wanted:
            later_s = session.later_s + self._costs.path_s(((session.key, session.run_left - 1),))
            due_s = min(due_s, max(now_s, session.wanted_at_s - later_s))
        session.due_s = due_s if session.promised else now_s + patience_s

    def _path_left_s(self, session: _Session) -> float:
        """Seconds that the session still takes at least."""
        if session.wanted_at_s == inf:
            return 0.0
        return session.later_s + self._costs.path_s(((session.key, session.run_left),))

    def _write_off(self, now_s: float) -> None:
        """Sessions that have waited too long to be in time any more stop holding up those that can be."""
        for session in self._ready.values():
            if session.start_by_s < now_s and session.promised and not session.interval_s:
                self._set_due(session, now_s)

    def _broken(self) -> None:
        """A promise has not been kept: this device does less than its step times say, so less can be promised."""
        self._promisable = max(SETBACK * self._promisable, PROMISABLE_MIN * self._capacity)

    def _charge(self, session: _Session, share_s: float) -> None:
        """Let the tenant of a session pay for its step."""
        tenant = session.tenant
        tenant.deficit_s -= share_s
        if session.promised:
            tenant.reserve_s = min(self._quantum_s, tenant.reserve_s + (1.0 - self._capacity) * share_s)
        elif session.on_reserve:
            tenant.reserve_s -= share_s

    def _riders(self, leader: _Session) -> list[_Session]:
        """Other ready sessions that may share its batch."""
        ready = self._ready.values()
        # Without quantum only those may ride along that are next in their tenant: else one session, by riding in the
        # batches of other tenants all the time, would keep its own in debt, and those behind it would never be stepped.
        first: dict[_Tenant, _Rank] = {}
        for session in ready:
            if session.key != leader.key and session.tenant.deficit_s <= 0.0:
                rank = session.rank()
                first[session.tenant] = min(rank, first.get(session.tenant, rank))
        riders = [session for session in ready if session.key == leader.key and session is not leader]
        return [each for each in riders if each.tenant not in first or each.rank() < first[each.tenant]]

    def _start_round(self, background: bool) -> None:
        """Give every tenant as many quanta as it takes until one with a ready session has something to spend.

        `background` says whether BACKGROUND sessions count.
        """
        competing = (each for each in self._ready.values() if background or each.priority is not Priority.BACKGROUND)
        quanta = 1 + min(floor(-session.tenant.deficit_s / self._quantum_s) for session in competing)
        for tenant in tuple(self._tenants.values()):
            tenant.deficit_s = min(self._quantum_s, tenant.deficit_s + quanta * self._quantum_s)
            if not tenant.session_count and tenant.deficit_s >= 0.0:
                del self._tenants[tenant.name]
