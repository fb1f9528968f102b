import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpLimits } from '#graphql/http-limits.ts';
import type { HttpMetrics } from '#platform/http-metrics.ts';

type CutReason = 'write_timeout' | 'unsent_bytes' | 'pipelining' | 'connections';

/** One connection of a caller. It is active while one of its requests is being answered, otherwise idle. */
export class Connection {
  readonly socket: Socket;
  active = false;
  /** True as soon as no further request of it is handled. */
  closing = false;
  /** performance.now() when its last request began, or when it was opened. */
  usedMs = performance.now();
  /** Bytes of its answer that the system has not yet taken. */
  unsentBytes = 0;
  /** Starts the requests that wait for their turn. */
  readonly waiting: (() => void)[] = [];
  /** The response to the active request while its body is on its way. */
  response: ServerResponse | undefined;
  /** Runs once the last request has been answered. */
  onIdle: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
  }
}

/**
 * The open connections of a server and what they hold. The requests of one connection are answered one after the other
 * (RFC 9112, section 9.3.2: only safe methods may run at the same time), so a connection holds one answer at most.
 */
export class Connections {
  readonly #open = new Map<Socket, Connection>();
  /** Connections whose answer waits for its reader; the one that has waited longest comes first. */
  readonly #unread = new Set<Connection>();
  readonly #limits: HttpLimits;
  readonly #connectionsMax: number;
  readonly #metrics: HttpMetrics;
  /** Bytes of answers that the system has not yet taken. */
  unsentBytes = 0;
  /** Requests that wait behind others on their connections. */
  #waiting = 0;

  constructor(limits: HttpLimits, connectionsMax: number, metrics: HttpMetrics) {
    this.#limits = limits;
    this.#connectionsMax = connectionsMax;
    this.#metrics = metrics;
  }

  get size(): number {
    return this.#open.size;
  }

  of(socket: Socket): Connection | undefined {
    return this.#open.get(socket);
  }

  /** Registers a new connection, or refuses it if as many as allowed are open and none of them is idle. */
  open(socket: Socket): void {
    if (this.#open.size >= this.#connectionsMax) {
      const idle = this.#longestIdle();
      if (!idle) {
        this.#metrics.refusedConnections.inc();
        socket.destroy();
        return;
      }
      this.#cut(idle, 'connections');
    }
    const connection = new Connection(socket);
    this.#open.set(socket, connection);
    // Node takes its own listener away from sockets of CONNECT: a reset would end the process.
    socket.on('error', () => {});
    // Node calls it after an answer that says `Connection: close`.
    socket.destroySoon = () => this.#linger(connection);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.dropWaiting(connection);
      this.#sent(connection);
    });
  }

  /** Handles a request behind those that its connection already has. */
  enqueue(connection: Connection, start: () => void): void {
    const { pipelinedMax, pipelinedTotalMax } = this.#limits;
    if (connection.waiting.length >= pipelinedMax || this.#waiting >= pipelinedTotalMax) {
      this.#cut(connection, 'pipelining');
      return;
    }
    connection.waiting.push(start);
    this.#waiting += 1;
  }

  /** Drops the requests that wait on a connection. */
  dropWaiting(connection: Connection): void {
    this.#waiting -= connection.waiting.length;
    connection.waiting.length = 0;
  }

  /** Call it right after an answer was written: keeps account of one that its reader has yet to take. */
  written(connection: Connection): void {
    const { socket } = connection;
    const { writableLength } = socket;
    if (writableLength === 0) return;
    this.unsentBytes += writableLength - connection.unsentBytes;
    connection.unsentBytes = writableLength;
    this.#unread.add(connection);
    // Node restarts this timer while the system takes bytes.
    socket.setTimeout(this.#limits.writeTimeoutMs);
    for (const slowest of this.#unread) {
      if (this.unsentBytes <= this.#limits.unsentBytesMax) break;
      this.#cut(slowest, 'unsent_bytes');
    }
  }

  /** Call it when an answer was sent or cannot be sent: the next request of the connection begins. */
  answered(connection: Connection): void {
    connection.active = false;
    if (connection.unsentBytes > 0) this.#sent(connection);
    if (connection.waiting.length > 0) {
      const next = connection.waiting.shift();
      this.#waiting -= 1;
      if (!connection.socket.destroyed) next?.();
    } else if (connection.onIdle) connection.onIdle();
  }

  /** The socket's timer: a reader that takes nothing, or a connection that was idle for long. */
  timedOut(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (!connection) socket.destroy();
    else if (connection.unsentBytes > 0) this.#cut(connection, 'write_timeout');
    // The timer can be that of the answer before: the deadline of a request bounds how long it takes.
    else if (!connection.active && !connection.closing) this.#linger(connection);
  }

  /** Closes the connections that have no request. */
  closeIdle(): void {
    for (const connection of this.#open.values())
      if (!connection.active && !connection.closing) this.#linger(connection);
  }

  /**
   * Sends FIN and keeps reading until the caller closes, too, or `lingerMs` are over: closing a socket that has unread
   * bytes resets the connection, and the caller can lose the answer that is on its way.
   */
  #linger(connection: Connection): void {
    const { socket } = connection;
    connection.closing = true;
    this.dropWaiting(connection);
    if (socket.destroyed) return;
    socket.end();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), this.#limits.lingerMs);
    socket.once('close', () => clearTimeout(timer));
  }

  #cut(connection: Connection, reason: CutReason): void {
    this.#metrics.cutConnections.inc({ reason });
    connection.closing = true;
    this.dropWaiting(connection);
    connection.onIdle = undefined;
    this.#sent(connection);
    this.#open.delete(connection.socket);
    connection.socket.destroy();
  }

  #sent(connection: Connection): void {
    this.unsentBytes -= connection.unsentBytes;
    connection.unsentBytes = 0;
    this.#unread.delete(connection);
  }

  #longestIdle(): Connection | undefined {
    let longest: Connection | undefined;
    for (const connection of this.#open.values())
      if (!connection.active && !(longest && longest.usedMs <= connection.usedMs)) longest = connection;
    return longest;
  }
}
