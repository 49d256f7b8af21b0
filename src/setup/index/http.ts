/** A server that sends nothing for this long is given up, in ms. */
const SILENCE_MS = 30_000;

/** A request failed in a way that another attempt may mend: no connection, silence, a server's own failure. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

export interface HttpRequest {
  readonly url: URL;
  /** sent to the server of `url` only: a redirection elsewhere does not carry it along */
  readonly authorization: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal | undefined;
  /** a server that sends nothing for this long is given up, in ms */
  readonly silenceMs?: number | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** where redirections led to */
  readonly url: URL;
  header(name: string): string | undefined;
  /** the body as it arrives; leaving the loop early ends the connection */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection without reading the body. */
  cancel(): void;
}

/**
 * Sends a GET request. Statuses of 500 and above, 408 and 429 are failures of the connection; all others are answers.
 * @throws ConnectionError, also while the body is read
 * @throws the reason of `signal` when it is aborted
 */
export async function get({
  url,
  authorization,
  headers,
  signal,
  silenceMs = SILENCE_MS,
}: HttpRequest): Promise<HttpAnswer> {
  const connection = new AbortController();
  const silence = new SilenceTimer(() => connection.abort(new ConnectionError('the server fell silent')), silenceMs);
  const failure = (error: unknown): unknown => {
    silence.stop();
    if (signal?.aborted) return signal.reason;
    return error instanceof ConnectionError ? error : new ConnectionError(reasonOf(error), { cause: error });
  };
  const response = await fetch(url, {
    headers: { 'accept-encoding': 'identity', ...headers, ...(authorization !== undefined && { authorization }) },
    signal: signal === undefined ? connection.signal : AbortSignal.any([signal, connection.signal]),
  }).catch((error: unknown) => {
    throw failure(error);
  });
  const cancel = (): void => {
    silence.stop();
    connection.abort(new ConnectionError('no longer needed'));
  };
  if (response.status >= 500 || response.status === 408 || response.status === 429) {
    cancel();
    throw new ConnectionError(`status ${response.status}`);
  }
  return {
    status: response.status,
    url: new URL(response.url),
    header: (name) => response.headers.get(name) ?? undefined,
    cancel,
    body: (async function* () {
      try {
        for await (const chunk of response.body ?? []) {
          silence.restart();
          yield chunk;
        }
      } catch (error) {
        throw failure(error);
      } finally {
        silence.stop();
      }
    })(),
  };
}

class SilenceTimer {
  #timer: NodeJS.Timeout;

  constructor(onSilence: () => void, ms: number) {
    this.#timer = setTimeout(onSilence, ms);
  }

  restart(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** fetch hides what happened in the cause of its error: `connect ECONNREFUSED`, `getaddrinfo ENOTFOUND`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  return cause instanceof Error ? reasonOf(cause) : error.message;
}
