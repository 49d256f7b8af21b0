import { expect, test } from 'vitest';
import { findListedFile } from '../../../src/setup/index/project-page.ts';

const HASH = 'ab'.repeat(32);
const ADDRESS = new URL('https://mirror.example/simple/tiny/');
const find = (page: string, name = 'tiny-1.0+cu13-py3-none-any.whl') =>
  findListedFile(page, 'text/html; charset=utf-8', ADDRESS, name);

test.each([
  ['a relative link', `<a href="../../packages/tiny-1.0%2Bcu13-py3-none-any.whl#sha256=${HASH}">x</a>`],
  [
    'attributes that hold a bracket',
    `<a data-requires-python=">=3.9" href='../../packages/tiny-1.0+cu13-py3-none-any.whl#sha256=${HASH}'>x</a>`,
  ],
  ['capitals and line ends', `<A\n  HREF=../../packages/tiny-1.0+cu13-py3-none-any.whl#sha256=${HASH} >x</A>`],
  [
    'character references',
    `<a href="https:&#47;&#x2f;mirror.example/packages/tiny-1.0&#43;cu13-py3-none-any.whl#sha256&#61;${HASH}">x</a>`,
  ],
])('%s', (_, link) => {
  const page = `<html><body><a href="tiny-0.9.whl">tiny-0.9.whl</a>${link}</body></html>`;
  const file = find(page);
  expect(decodeURIComponent(file?.url.pathname ?? '')).toBe('/packages/tiny-1.0+cu13-py3-none-any.whl');
  expect(file?.sha256).toBe(HASH);
});

test('a page without the file, without hashes, or without sense', () => {
  expect(find('<a href="tiny-1.1.whl">tiny-1.0+cu13-py3-none-any.whl</a>')).toBeUndefined();
  expect(find('<a href="tiny-1.0%2Bcu13-py3-none-any.whl#md5=00">x</a>')).toMatchObject({ sha256: undefined });
  expect(find(`<a ${'<a "'.repeat(100_000)}`)).toBeUndefined();
  expect(find('<a href="http://[">x</a><a>y</a>')).toBeUndefined();
});

test('JSON by its content type', () => {
  const type = 'application/vnd.pypi.simple.v1+json';
  const files = [{ filename: 'a.whl', url: '/files/a.whl', hashes: { sha256: HASH.toUpperCase() } }];
  const page = JSON.stringify({ meta: {}, files });
  expect(findListedFile(page, type, ADDRESS, 'a.whl')).toEqual({
    name: 'a.whl',
    url: new URL('https://mirror.example/files/a.whl'),
    sha256: HASH,
  });
  expect(findListedFile(page, type, ADDRESS, 'b.whl')).toBeUndefined();
  expect(() => findListedFile('{"files": 3}', type, ADDRESS, 'a.whl')).toThrow();
});
