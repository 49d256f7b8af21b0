import { describe, expect, test } from 'vitest';
import { chooseIndex, shownUrl } from '../../../src/setup/index/index-url.ts';

describe('the package index', () => {
  const environment = { FT_LENS_INDEX_URL: 'http://lens.example/simple', PIP_INDEX_URL: 'http://pip.example/simple/' };
  test.each([
    ['--index-url', 'http://asked.example/a/', environment, 'http://asked.example/a/'],
    ['FT_LENS_INDEX_URL', undefined, environment, 'http://lens.example/simple/'],
    ['PIP_INDEX_URL', undefined, { ...environment, FT_LENS_INDEX_URL: ' ' }, 'http://pip.example/simple/'],
    ['the public index', undefined, {}, 'https://pypi.org/simple/'],
  ])('%s', (from, asked, variables, url) => {
    const index = chooseIndex(asked, variables);
    expect([index.from, index.url.href, index.authorization]).toEqual([from, url, undefined]);
  });

  test('credentials are kept apart and decoded', () => {
    const index = chooseIndex('https://fox%40home:s%25cret@pip.example/simple?x=1#y', {});
    expect(index.url.href).toBe('https://pip.example/simple/');
    expect(index.authorization).toBe(`Basic ${Buffer.from('fox@home:s%cret').toString('base64')}`);
    expect(shownUrl(new URL('https://fox:secret@pip.example/files/a.whl?signature=secret#sha256=1'))).toBe(
      'https://pip.example/files/a.whl',
    );
  });

  test.each([
    ['no address at all', 'fox:secret@pip.example', /URL/],
    ['another protocol', 'file:///home/fox/secret', 'a file: URL'],
  ])('%s is refused without being quoted', (_, asked, got) => {
    const refused = () => chooseIndex(undefined, { PIP_INDEX_URL: asked });
    expect(refused).toThrow(
      expect.objectContaining({ kind: 'usage', where: 'PIP_INDEX_URL', got: expect.stringMatching(got) as string }),
    );
    try {
      refused();
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain('secret');
    }
  });
});
