// Sends requests over plain sockets, for what wrk cannot do: a given rate, single requests, and the time of each
// answer.

import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** The timeout for late answers. Being late is a result and not an error: the rate may be more than a server can handle. */
const PATIENCE_MS = 30_000;

/** The bytes of a request. */
export function written(origin, path, { cookie, body, headers = {} } = {}) {
  const content = body === undefined ? '' : JSON.stringify(body);
  const all = { host: new URL(origin).host, ...(cookie && { cookie }), ...headers };
  if (body !== undefined) {
    Object.assign(all, { origin, 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) });
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${content}`);
}

/** A persistent connection with one request at a time. */
class Connection {
  #socket;
  #text = '';
  /** The missing bytes of the body. */
  #rest = 0;
  #done;
  #isOpen = true;

  constructor(origin, failed) {
    const { hostname, port } = new URL(origin);
    this.#socket = net.connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.setEncoding('latin1').on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', failed);
    this.#socket.on('close', () => this.#isOpen && failed(new Error('the server closed a connection')));
    this.failed = failed;
  }

  ask(bytes, done) {
    this.#done = done;
    this.#socket.write(bytes);
  }

  close() {
    this.#isOpen = false;
    this.#socket.destroy();
  }

  #read(chunk) {
    if (this.#rest > 0) {
      this.#rest -= chunk.length;
    } else {
      this.#text += chunk;
      const end = this.#text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = /\r\ncontent-length: (\d+)/i.exec(this.#text)?.[1];
      if (!this.#text.startsWith('HTTP/1.1 200 ') || length === undefined) {
        return this.failed(new Error(`no good answer: ${this.#text}`));
      }
      this.#rest = Number(length) - (this.#text.length - end - 4);
      this.#text = '';
    }
    if (this.#rest > 0) return;
    const done = this.#done;
    this.#done = undefined;
    done();
  }
}

/** Runs with connections that are closed at the end. Errors and timeouts of any connection are thrown. */
async function connected(origin, count, milliseconds, run) {
  const connections = [];
  const state = { over: false, open: 0 };
  try {
    return await new Promise((done, failed) => {
      setTimeout(
        () => failed(new Error(`${state.open} requests were not answered in time`)),
        milliseconds + PATIENCE_MS,
      ).unref();
      for (let index = 0; index < count; index += 1) connections.push(new Connection(origin, failed));
      run([...connections], done, state);
    });
  } finally {
    state.over = true;
    for (const connection of connections) connection.close();
  }
}

/**
 * Sends requests at a fixed rate, and measures from the time at which each was due. So a stall of the server shows
 * in all requests that are due meanwhile.
 *
 * @param {(number: number) => Buffer} requestOf
 * @param {{ rate: number, seconds: number, connections?: number, spin?: boolean }} how `spin` is exact to some
 *   microseconds and takes a core; without it a request may be late by a millisecond
 * @returns {Promise<{ times: number[], due: number[], answered: number[], late: number }>} how long each took, when
 * it was due and answered, and the 99th percentile of how late this program sent them, all in milliseconds
 */
export function steadily(origin, requestOf, { rate, seconds, connections = 32, spin = false }) {
  const count = Math.max(1, Math.floor(rate * seconds));
  const due = new Array(count);
  const answered = new Array(count);
  const lateness = [];
  return connected(origin, connections, seconds * 1000, (free, done, state) => {
    let next = 0;
    let open = count;
    const began = performance.now() + 50;
    for (let number = 0; number < count; number += 1) due[number] = began + (number * 1000) / rate;
    const send = (connection, number) => {
      state.open += 1;
      connection.ask(requestOf(number), () => {
        state.open -= 1;
        answered[number] = performance.now();
        free.push(connection);
        open -= 1;
        if (open === 0)
          done({ times: answered.map((when, it) => when - due[it]), due, answered, late: at(lateness, 0.99) });
        else if (spin) tick();
      });
    };
    const tick = () => {
      const now = performance.now();
      while (next < count && due[next] <= now && free.length) {
        lateness.push(now - due[next]);
        send(free.shift(), next++);
      }
    };
    const loop = () => {
      tick();
      if (next < count && !state.over) spin ? setImmediate(loop) : setTimeout(loop, 1);
    };
    loop();
  });
}

/**
 * Sends one request after the other on each connection, `count` in total or for so many seconds.
 *
 * @returns {Promise<number[]>} how long each took, in milliseconds
 */
export function eachInTurn(origin, requestOf, { count = Infinity, seconds = 60, connections = 1 }) {
  const times = [];
  return connected(origin, connections, seconds * 1000, (all, done, state) => {
    const end = performance.now() + seconds * 1000;
    let next = 0;
    let running = all.length;
    const work = (connection) => {
      const began = performance.now();
      if (next >= count || began >= end) {
        running -= 1;
        return running === 0 && done(times);
      }
      const number = next++;
      state.open += 1;
      connection.ask(requestOf(number), () => {
        state.open -= 1;
        times.push(performance.now() - began);
        work(connection);
      });
    };
    all.forEach(work);
  });
}

/** Polls until a condition holds. */
export async function until(isSo, what, { every = 20, milliseconds = PATIENCE_MS } = {}) {
  const deadline = performance.now() + milliseconds;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`timed out waiting for: ${what}`);
    await pause(every);
  }
}

/** The percentile of the numbers. */
export function at(numbers, share) {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
