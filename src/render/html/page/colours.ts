import { STEPS } from './scale.ts';
import type { Scale } from './scale.ts';

export interface Swatch {
  readonly fill: string;
  /** black or white, whichever stands out more */
  readonly text: string;
}

export interface Colours {
  readonly scale: Readonly<Record<Scale, readonly Swatch[]>>;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly ground: string;
  readonly base: string;
  readonly ft: string;
}

/** The colours that apply now: those of the system, of the button, or of paper. */
export function currentColours(): Colours {
  const probe = document.body.appendChild(document.createElement('span'));
  const named = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const scale = (name: Scale): Swatch[] =>
    Array.from({ length: STEPS }, (_, step) => {
      const fill = named(`${name}-${step}`);
      return { fill, text: readableOn(fill) };
    });
  const colours = {
    scale: { value: scale('value'), change: scale('change'), signed: scale('signed') },
    text: named('text'),
    muted: named('muted'),
    line: named('line'),
    ground: named('ground'),
    base: named('base'),
    ft: named('ft'),
  };
  probe.remove();
  return colours;
}

/** WCAG: white stands out more than black where the relative luminance is below 0.179. */
function readableOn(rgb: string): string {
  const [red = 0, green = 0, blue = 0] = (rgb.match(/[\d.]+/g) ?? []).map((channel) => linear(Number(channel) / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179 ? '#fff' : '#000';
}

function linear(channel: number): number {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
}
