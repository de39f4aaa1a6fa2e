import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";

import { type Cluster, test as base } from "../fixtures/cluster";
import type { Server } from "../fixtures/server";
import { type Person, expect, person } from "../fixtures/test";

// The rule of docs/session-cache.md: no request that arrives after a change was answered is answered from before it.

const byHand = process.env.REVOCATIONS !== undefined;
const revocations = Number(process.env.REVOCATIONS ?? 60);
const operatorRevocations = Number(process.env.OPERATOR_REVOCATIONS ?? 15);
/** How many revocations there are for one failure. With more, the failure is repeated. */
const mostAtOnce = 40;

const settings = {
  MULTI_SESSION_SESSION_CACHE: "100000",
  MULTI_SESSION_MAXIMUM_SESSIONS: "100",
  MULTI_SESSION_RATE_LIMIT: "off",
  MULTI_SESSION_SIGN_IN_THROTTLE: "off",
};
/** How long a node answers from its cache without its database, in ms. */
const lease = 2_000;
const stop = 7_000;

const test = base.extend<{ trialOf: (nodes: Node[]) => Trial }>({
  trialOf: async ({}, use) => {
    const trials: Trial[] = [];
    await use((nodes) => {
      const trial = new Trial(nodes);
      trials.push(trial);
      return trial;
    });
    for (const trial of trials) await trial.isOver();
  },
});

test.use({ clusterOptions: { settings, ownClock: "three" } });

test("a session revoked on one node is refused on every other despite failures", { tag: "@waits" }, async ({ cluster, trialOf }) => {
  test.setTimeout(90_000 + revocations * 1_000);
  const nodes = nodesOf(cluster);
  const [one, two, three] = nodes;
  const trial = trialOf(nodes);
  await trial.begins(8, byHand ? 12 : 4);
  // Each failure gets a share of the revocations, and the healthy cluster gets the rest.
  const share = Math.floor((revocations * 2) / 15);
  const rounds = Math.ceil(share / mostAtOnce);
  const each = Math.ceil(share / rounds);

  const rest = revocations - rounds * each * 5;
  await trial.phase("all is well, one at a time", () => trial.revokes(rest / 2, { atOnce: 1 }));
  await trial.phase("all is well", async (phase) => {
    await trial.revokes(rest / 2 - 1);
    await trial.revokeOthers();
    expect(phase.failed, "changes that failed").toBe(0);
  });
  cluster.missesItsDatabase();

  await trial.phase("a node is stopped", async (phase) => {
    for (let round = 0; round < rounds; round += 1) {
      const node = nodes[round % 3]!;
      const before = phase.changes.length;
      node.halts();
      const isRunning = pause(stop).then(() => node.resume());
      // They stay revoked, because the node answers requests from meanwhile only once it resumes.
      await trial.revokes(each - 1, { undo: false });
      await trial.revokeOthers();
      await isRunning;
      await trial.allAnswered();
      // The first changes wait for it and remove its row.
      const waited = phase.changes.slice(before).filter(({ took }) => took > lease);
      const isRemoved = Math.min(...waited.map(({ at, took }) => at + took));
      expect.soft(waited.filter(({ at }) => at > isRemoved), "revocations that waited for it again").toEqual([]);
      await trial.restoreAll();
    }
    expect.soft(phase.judgedLate, "answers of what it was asked meanwhile").toBeGreaterThanOrEqual(rounds * each);
    expect.soft(Math.max(...phase.changes.map(({ took }) => took)), "the longest revocation").toBeLessThan(3_500);
  });

  await trial.phase("a node is killed", async (phase) => {
    for (let round = 0; round < rounds; round += 1) {
      const node = round % 2 === 0 ? one : two;
      const enough = phase.changes.length + each / 2;
      const dies = async () => {
        await node.dies();
        await trial.until(() => phase.changes.length >= enough);
        await node.comesBack();
      };
      await trial.revokes(each / 2, { meanwhile: dies() });
      await trial.revokes(each / 2);
      await trial.restoreAll();
    }
    await trial.revokeOthers();
  });

  await trial.phase("a node stops hearing", async () => {
    const listening = "from pg_stat_activity where application_name = 'multi-session (listening)'";
    const listeners = () => cluster.database.sql(`select count(*) ${listening}`);
    await expect.poll(listeners, "connections that listen").toBe("3");
    const cuts = Math.max(2, rounds * 4);
    const cut = `select pg_terminate_backend(pid) ${listening} order by random() limit 1`;
    for (let round = 0; round < cuts; round += 1) {
      // The node that was cut off last may still be reconnecting.
      const isCut = expect.poll(() => cluster.database.sql(cut), "a connection that listens was cut").toBe("t");
      await trial.revokes(Math.ceil((rounds * each) / cuts), { meanwhile: isCut });
    }
    await trial.revokeOthers();
  });

  await trial.phase("the database crashes", async () => {
    for (let round = 0; round < rounds; round += 1) {
      const crashes = async () => {
        await cluster.databaseCrashes();
        await pause(lease);
        await cluster.database.startAgain();
      };
      await trial.revokes(each / 2, { meanwhile: crashes() });
      await trial.revokes(each / 2);
      await trial.restoreAll();
    }
    await trial.revokeOthers();
  });

  await trial.phase("a clock goes an hour ahead, and back", async () => {
    for (let round = 0; round < rounds; round += 1) {
      for (const ahead of [3_600, 0]) await trial.revokes(each / 2, { meanwhile: three.server.setClock(ahead) });
      await trial.restoreAll();
    }
    await trial.revokeOthers();
  });

  await trial.readAll();
});

test("nodes answer from the cache without their database only while the lease lasts", async ({ cluster, trialOf }) => {
  const nodes = nodesOf(cluster);
  const trial = trialOf(nodes);
  await trial.begins(1, 1);
  const statuses = () => Promise.all(nodes.map((node) => trial.looks(node, trial.sessions[0]!)));
  expect(await statuses()).toEqual([200, 200, 200]);
  cluster.missesItsDatabase();

  await cluster.database.halt();
  try {
    expect(await statuses()).toEqual([200, 200, 200]);
    await pause(lease);
    expect(await statuses()).toEqual([503, 503, 503]);
  } finally {
    cluster.database.resume();
  }
  await expect.poll(statuses).toEqual([200, 200, 200]);
  await cluster.databaseCrashes();
  await expect.poll(statuses).toEqual([503, 503, 503]);
  await cluster.database.startAgain();
  await expect.poll(statuses).toEqual([200, 200, 200]);
});

test("a session revoked by an operator is refused by a running server immediately", async ({ startServer, trialOf }) => {
  test.setTimeout(60_000 + operatorRevocations * 2_000);
  const { MULTI_SESSION_SESSION_CACHE: _theDefault, ...others } = settings;
  const first = await startServer(others);
  const second = await startServer({ ...others, DATABASE_URL: first.database });
  const trial = trialOf([new Node("the first", first), new Node("the second", second)]);
  await trial.begins(2, 4);
  const bob = await trial.signsUp(person("Bob"));

  await trial.phase("by an operator", async () => {
    await trial.ends(bob.keeper, () => first.run("sessions", "revoke", bob.keeper.id));
    for (let count = 0; count < operatorRevocations; count += 1) {
      const session = await trial.signsIn(bob);
      trial.sessions.push(session);
      await trial.readFromAllNodes(session);
      const acts = [["sessions", "revoke", session.id], ["sessions", "revoke-user", bob.email], ["users", "disable", bob.email]];
      const act = acts[count % acts.length]!;
      await trial.ends(session, () => first.run(...act));
      if (act.includes("disable")) await first.run("users", "enable", bob.email);
      trial.sessions.pop();
    }
  });
  await trial.phase("by another server", () => trial.revokes(operatorRevocations * 2));
  await trial.readAll();
});

function nodesOf(cluster: Cluster): [Node, Node, Node] {
  const { one, two, three } = cluster.nodes;
  const node = (name: string, server: Server) => new Node(name, server, cluster.origin);
  return [node("one", one), node("two", two), node("three", three)];
}

/** One process, with persistent connections. */
class Node {
  private readonly agent = new Agent({ keepAlive: true });
  /** Not awaited. */
  isAway = false;
  isHalted = false;

  constructor(
    readonly name: string,
    readonly server: Server,
    private readonly origin = server.origin,
  ) {}

  /** Returns the status of the answer, 0 if there is none, and its content. */
  async ask(path: string, cookie: string, body?: object): Promise<{ status: number; cookie: string; said: string }> {
    try {
      const headers = { origin: this.origin, "content-type": "application/json", cookie };
      const method = body ? "POST" : "GET";
      const answer = await new Promise<IncomingMessage>((done, failed) => {
        const asked = request(`${this.server.origin}/api/auth/${path}`, { agent: this.agent, method, headers }, done);
        asked.once("error", failed);
        asked.setTimeout(30_000, () => asked.destroy(new Error("no answer")));
        asked.end(body && JSON.stringify(body));
      });
      const cookies = (answer.headers["set-cookie"] ?? []).map((line) => line.split(";")[0]);
      return { status: answer.statusCode!, cookie: cookies.join("; "), said: await text(answer) };
    } catch {
      return { status: 0, cookie: "", said: "" };
    }
  }

  halts(): void {
    this.isAway = this.isHalted = true;
    this.server.halt();
  }

  resume(): void {
    this.server.resume();
    this.isAway = this.isHalted = false;
  }

  async dies(): Promise<void> {
    await this.server.kill();
    this.isAway = true;
  }

  async comesBack(): Promise<void> {
    await this.server.startAgain();
    this.isAway = false;
  }
}

/** A session, and the answer that is expected for it. */
class Session {
  /** Unknown during a change, and after a failed one. */
  lives?: boolean = true;
  since = performance.now();
  changes = 0;
  isChanging = false;
  /** Whether it is being revoked and restored. */
  isBusy = false;
  isUndoable = false;

  constructor(
    readonly user: User,
    readonly id: string,
    readonly cookie: string,
  ) {}
}

interface User extends Person {
  /** The session that revokes the other ones. */
  keeper: Session;
}

/** The results during one kind of failure. */
class Phase {
  /** Answered revocations: when they began, and how many ms they took. */
  readonly changes: { at: number; took: number }[] = [];
  judged = 0;
  /** Those of them that were sent to a halted node. */
  judgedLate = 0;
  /** Changes without an answer. */
  failed = 0;
  /** Revocations that could not be undone. */
  refused = 0;
  readonly stale: string[] = [];

  constructor(readonly name: string) {}

  toString(): string {
    const times = this.changes.map(({ took }) => took).sort((a, b) => a - b);
    const [median, longest] = [times[Math.floor(times.length / 2)] ?? 0, times.at(-1) ?? 0].map((time) => time.toFixed(1));
    const { changes, judged, judgedLate, failed, refused, stale } = this;
    return (
      `${this.name}: ${changes.length} revocations, median ${median} ms, longest ${longest} ms; ${stale.length} of ${judged} ` +
      `answers stale (${judgedLate} of a halted node); ${failed} changes failed, ${refused} could not be undone`
    );
  }
}

/** Revokes and restores sessions, and meanwhile reads them from all nodes. */
class Trial {
  /** The sessions that are read. */
  readonly sessions: Session[] = [];
  private readonly all: Session[] = [];
  private readonly users: User[] = [];
  private readonly phases = [new Phase("before")];
  private readonly asked = new Set<Promise<unknown>>();
  private working: Promise<void>[] = [];
  private isStopped = false;

  constructor(private readonly nodes: readonly Node[]) {}

  /** Signs people up, and signs each of them in so many more times. */
  async begins(people: number, sessions: number): Promise<void> {
    const signs = async () => {
      const user = await this.signsUp(person("Ada"));
      this.users.push(user);
      this.sessions.push(user.keeper, ...(await Promise.all(Array.from({ length: sessions }, () => this.signsIn(user)))));
    };
    await Promise.all(Array.from({ length: people }, signs));
    this.working = this.nodes.map((node) => this.keepsAsking(node));
  }

  async signsUp({ name, email, password }: Person): Promise<User> {
    const user = { name, email, password } as User;
    user.keeper = await this.signs(user, "sign-up/email", { name, email, password });
    return user;
  }

  async signsIn(user: User): Promise<Session> {
    return await this.signs(user, "sign-in/email", { email: user.email, password: user.password });
  }

  async phase(name: string, does: (phase: Phase) => Promise<void>): Promise<void> {
    const phase = new Phase(name);
    this.phases.push(phase);
    await does(phase);
    await this.restoreAll();
  }

  /** Revokes and restores so many sessions, and continues more slowly until `meanwhile` is over. */
  async revokes(
    count: number,
    { atOnce = 4, undo = true, meanwhile }: { atOnce?: number; undo?: boolean; meanwhile?: Promise<unknown> } = {},
  ): Promise<void> {
    let left = count;
    let isRunning = meanwhile !== undefined;
    const isOver = meanwhile?.finally(() => (isRunning = false));
    const works = async () => {
      while (left > 0 || isRunning) {
        if (left <= 0) await pause(100);
        const session = anyOf(this.sessions.filter((it) => it.lives && !it.isBusy && it !== it.user.keeper));
        if (!session) {
          await pause(5);
          continue;
        }
        left -= 1;
        session.isBusy = true;
        await this.revokesOne(session);
        if (session.lives === undefined) left += 1;
        if (undo) await this.restore(session);
        session.isBusy = false;
      }
    };
    await Promise.all([isOver, ...Array.from({ length: atOnce }, works)]);
  }

  /** One person revokes all other sessions, which is final. */
  async revokeOthers(): Promise<void> {
    const user = this.users[this.phases.length % this.users.length]!;
    const others = this.sessions.filter((it) => it.user === user && it !== user.keeper && it.lives);
    if (others.length > 0) await this.changes(others, "multi-session/revoke-others", {}, false);
  }

  /** Ends a session in another way. */
  async ends(session: Session, act: () => Promise<void>): Promise<void> {
    const phase = this.now;
    this.isChanging([session]);
    const at = performance.now();
    await act();
    phase.changes.push({ at, took: performance.now() - at });
    await this.isChanged([session], false);
  }

  /** Restores every session, or replaces it by a new one. */
  async restoreAll(): Promise<void> {
    const gone = this.sessions.filter((it) => !it.lives);
    await Promise.all(gone.map((session) => this.restore(session)));
  }

  /** Waits for the answers to all requests so far. */
  async allAnswered(): Promise<void> {
    await Promise.all(this.asked);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await pause(5);
  }

  /** Reads every session that ever existed from every node. */
  async readAll(): Promise<void> {
    for (const session of this.all) await this.readFromAllNodes(session);
  }

  /** Reads a session from every node, including a halted one, which answers later. */
  async readFromAllNodes(session: Session): Promise<void> {
    const looks = this.nodes.map((node) => {
      const both = Promise.all([this.looks(node, session), this.looks(node, session)]);
      return node.isAway ? undefined : both.then(() => this.looks(node, session));
    });
    await Promise.all(looks);
  }

  /** Reads a session from a node, and checks the answer unless it changed meanwhile. Returns the status. */
  looks(node: Node, session: Session): Promise<number> {
    const look = this.judges(node, session, this.now);
    this.asked.add(look);
    return look.finally(() => this.asked.delete(look));
  }

  /** Stops, reports the measurements, and checks that every answer was right. */
  async isOver(): Promise<void> {
    this.isStopped = true;
    for (const node of this.nodes) if (node.isHalted) node.resume();
    await Promise.all(this.working);
    await this.allAnswered();
    for (const phase of this.phases.slice(1)) {
      test.info().annotations.push({ type: "measured", description: `${phase}` });
      if (byHand) console.log(`${phase}`);
    }
    const stale = this.phases.flatMap((phase) => phase.stale);
    expect(stale.slice(0, 10), `${stale.length} stale answers`).toEqual([]);
  }

  private get now(): Phase {
    return this.phases.at(-1)!;
  }

  private async judges(node: Node, session: Session, phase: Phase): Promise<number> {
    const { lives, changes, since } = session;
    const { isHalted } = node;
    const sent = performance.now();
    const { status, said } = await node.ask("get-session", session.cookie);
    if (lives === undefined || changes !== session.changes || status === 0 || status >= 500) return status;
    phase.judged += 1;
    if (isHalted) phase.judgedLate += 1;
    const found = status === 200 ? JSON.parse(said)?.session.id : status;
    if (found !== (lives ? session.id : undefined)) {
      const [after, took] = [sent - since, performance.now() - sent].map((time) => time.toFixed(1));
      const state = lives ? "lives" : "has ended";
      phase.stale.push(
        `${phase.name}: asked ${after} ms after it was answered that ${session.id} ${state}, node ${node.name} ` +
          `said ${found} after ${took} ms`,
      );
    }
    return status;
  }

  private async keepsAsking(node: Node): Promise<void> {
    while (!this.isStopped) {
      await this.looks(node, anyOf(this.sessions)!);
      await pause(5);
    }
  }

  /** Reads it until the change is answered, less and less often: a value read just before must not be cached. */
  private async presses(node: Node, session: Session): Promise<void> {
    for (let time = 2; session.isChanging && !this.isStopped; time += 1) {
      await this.looks(node, session);
      await pause(time);
    }
  }

  /** Makes the keeper change sessions, and retries until there is an answer. Returns whether the first try succeeded. */
  private async changes(sessions: Session[], path: string, body: object, lives: boolean): Promise<boolean> {
    const phase = this.now;
    this.isChanging(sessions);
    for (let tries = 0; ; tries += 1) {
      const reachable = this.nodes.filter((node) => !node.isAway);
      const at = performance.now();
      const { status, said } = await anyOf(reachable)!.ask(path, sessions[0]!.user.keeper.cookie, body);
      if (status === 200) {
        if (!lives) phase.changes.push({ at, took: performance.now() - at });
        await this.isChanged(sessions, lives);
        return tries === 0;
      }
      if (status >= 400 && status < 500) {
        // An earlier try may have succeeded at an unknown time.
        if (tries > 0) await this.isChanged(sessions, undefined);
        else if (!lives) throw new Error(`${path}: ${status} ${said}`);
        else await this.isChanged(sessions, false);
        return false;
      }
      phase.failed += 1;
      await pause(50);
    }
  }

  private isChanging(sessions: Session[]): void {
    for (const session of sessions) {
      session.changes += 1;
      session.isChanging = true;
      session.lives = undefined;
      for (const node of this.nodes) void this.presses(node, session);
    }
  }

  private async isChanged(sessions: Session[], lives: boolean | undefined): Promise<void> {
    for (const session of sessions) Object.assign(session, { lives, since: performance.now(), isChanging: false });
    await Promise.all(sessions.map((session) => this.readFromAllNodes(session)));
  }

  private async revokesOne(session: Session): Promise<void> {
    session.isUndoable = await this.changes([session], "multi-session/revoke", { sessionId: session.id }, false);
  }

  private async restore(session: Session): Promise<void> {
    if (session.isUndoable) {
      session.isUndoable = false;
      await this.changes([session], "multi-session/undo-revoke", { sessionId: session.id }, true);
      if (session.lives) return;
      this.now.refused += 1;
    }
    const next = await this.signsIn(session.user);
    this.sessions[this.sessions.indexOf(session)] = next;
  }

  private async signs(user: User, path: string, body: object): Promise<Session> {
    for (;;) {
      const node = this.nodes.find(({ isAway }) => !isAway)!;
      const { status, cookie, said } = await node.ask(path, "", body);
      if (status >= 400 && status < 500) throw new Error(`${path}: ${status} ${said}`);
      // The answer has no id, so it is read with the cookie.
      const read = status === 200 ? await node.ask("get-session", cookie) : undefined;
      if (read?.status === 200) {
        if (read.said === "null") throw new Error("a new session was refused");
        const session = new Session(user, JSON.parse(read.said).session.id, cookie);
        this.all.push(session);
        return session;
      }
      this.now.failed += 1;
      await pause(50);
    }
  }
}

function anyOf<Thing>(things: readonly Thing[]): Thing | undefined {
  return things[Math.floor(Math.random() * things.length)];
}
