import { describe, expect, it } from 'vitest';
import { divergence, layerName, magnitude, percent } from '../../src/report/numbers.ts';

describe('percent', () => {
  it.each([
    [1, '100%'],
    [0.999_999, '99.9%'],
    [0.9996, '99.9%'],
    [0.9994, '99.9%'],
    [0.391, '39.1%'],
    [0.0005, '0.1%'],
    [0.000_49, '<0.1%'],
    [0, '<0.1%'],
  ])('%d is %s', (probability, text) => {
    expect(percent(probability)).toBe(text);
    expect(text.length).toBeLessThanOrEqual(5);
  });

  it('has as many digits as asked for', () => {
    expect(percent(0.39042, 2)).toBe('39.04%');
    expect(percent(0.999_999, 2)).toBe('99.99%');
    expect(percent(0.000_01, 2)).toBe('<0.01%');
    expect(percent(0.149, 0)).toBe('15%');
    expect(percent(0.999, 0)).toBe('99%');
    expect(percent(0.001, 0)).toBe('<1%');
  });
});

describe('other numbers', () => {
  it.each([
    [0, '0'],
    [1e-300, '1e-300'],
    [2.4e-5, '2e-5'],
    [1e-4, '0.0001'],
    [0.44, '0.4400'],
    [Math.LN2, '0.6931'],
  ])('divergence %d is %s', (nats, text) => {
    expect(divergence(nats)).toBe(text);
    expect(text.length).toBeLessThanOrEqual(6);
  });

  it.each([
    [0, '0'],
    [48, '48'],
    [1.23e-7, '1.2e-7'],
    [1e-4, '1e-4'],
    [0.3141, '0.31'],
  ])('magnitude %d is %s', (value, text) => {
    expect(magnitude(value)).toBe(text);
  });

  it('names layers', () => {
    expect([0, 1, 48].map(layerName)).toEqual(['Embed', 'L-1', 'L-48']);
  });
});
