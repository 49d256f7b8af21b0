import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256, TINY_SET, TINY_WHEELS } from './tiny-wheels.ts';
import { wheelsOf } from '../../src/setup/cuda/pinned.ts';

export interface IndexOptions {
  readonly form?: 'html' | 'json';
  /** files on the server, by name */
  readonly files?: ReadonlyMap<string, Buffer>;
  /** answers a request instead of the server; undefined leaves it to the server */
  readonly fault?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** `USER:PASSWORD` without which everything is refused */
  readonly credentials?: string;
}

export interface IndexServer {
  /** of the simple index */
  readonly url: string;
  /** method, path and range of each request */
  readonly requests: string[];
  close(): Promise<void>;
}

/** A package index on this machine that holds the tiny wheels. */
export async function startIndex(options: IndexOptions = {}): Promise<IndexServer> {
  const { form = 'html', files = TINY_WHEELS, fault, credentials } = options;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push([request.url, request.headers.range].filter(Boolean).join(' '));
    if (fault?.(request, response)) return;
    const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    if (expected !== undefined && request.headers.authorization !== expected) return void response.writeHead(401).end();
    const [, kind, name = ''] = (request.url ?? '').split('/');
    if (kind === 'simple') sendPage(response, name, files, form);
    else sendFile(request, response, files.get(decodeURIComponent(name)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/simple/`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function sendPage(
  response: ServerResponse,
  project: string,
  files: ReadonlyMap<string, Buffer>,
  form: 'html' | 'json',
): void {
  const wheel = wheelsOf(TINY_SET).find((candidate) => candidate.project === project);
  if (wheel === undefined) return void response.writeHead(404).end();
  const listed = [...files].filter(([name]) => name === wheel.file);
  if (form === 'json') {
    const page = {
      meta: { 'api-version': '1.1' },
      name: project,
      files: listed.map(([name, bytes]) => ({
        filename: name,
        url: `../../files/${name}`,
        hashes: { sha256: sha256(bytes) },
        size: bytes.length,
      })),
    };
    response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' }).end(JSON.stringify(page));
  } else {
    const links = listed.map(
      ([name, bytes]) => `<a href="../../files/${name}#sha256=${sha256(bytes)}">${name}</a><br/>`,
    );
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`);
  }
}

function sendFile(request: IncomingMessage, response: ServerResponse, bytes: Buffer | undefined): void {
  if (bytes === undefined) return void response.writeHead(404).end();
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(start)) return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  const headers = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(206, { ...headers, 'content-length': bytes.length - start }).end(bytes.subarray(start));
}
