import { Help, type CommandUnknownOpts, type HelpConfiguration } from '@commander-js/extra-typings';

/** What a command's help says beside its options. */
export interface HelpTexts {
  /** Commands that can be pasted, with what each does. */
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** What to look at next. */
  readonly next: string;
}

export const PAGE_WIDTH = 80;

const EXIT_CODES = `Exit codes
  0  done                     1  a --fail-on rule holds
  2  wrong call or file       3  device, runtime or disk failed
  130  interrupted
`;

/** Help that begins with what people paste: one sentence, examples, then usage, options by group, and exit codes. */
export function helpConfiguration(texts: HelpTexts): HelpConfiguration {
  return {
    helpWidth: PAGE_WIDTH,
    // commander shows the default of a word in the quotes of JSON, which nobody types.
    optionDescription: (option) =>
      new Help().optionDescription(option).replace(/\(default: "(.*)"\)$/, '(default: $1)'),
    formatHelp: (command, help) => formatHelp(command, help, texts),
  };
}

function formatHelp(command: CommandUnknownOpts, help: Help, texts: HelpTexts): string {
  const sections = [
    wrap(help.commandDescription(command), help),
    `Examples\n${texts.examples.map(([example, meaning]) => `  ${example}\n      ${meaning}`).join('\n')}`,
    `Usage\n  ${wrap(help.commandUsage(command), help).replaceAll('\n', '\n    ')}`,
    ...itemSections(command, help),
    EXIT_CODES.trimEnd(),
    texts.next,
  ];
  return `${sections.join('\n\n')}\n`;
}

function itemSections(command: CommandUnknownOpts, help: Help): string[] {
  const width = help.padWidth(command, help);
  const section = (title: string, items: readonly (readonly [term: string, description: string])[]): string[] =>
    items.length === 0
      ? []
      : [`${title}\n${items.map(([term, description]) => help.formatItem(term, width, description, help)).join('\n')}`];
  const options = help.groupItems(
    [...command.options],
    help.visibleOptions(command),
    (option) => option.helpGroupHeading ?? 'General',
  );
  return [
    ...section(
      'Arguments',
      help.visibleArguments(command).map((item) => [help.argumentTerm(item), help.argumentDescription(item)]),
    ),
    ...section(
      'Commands',
      help.visibleCommands(command).map((item) => [help.subcommandTerm(item), help.subcommandDescription(item)]),
    ),
    ...[...options].flatMap(([title, items]) =>
      section(
        title,
        items.map((item) => [help.optionTerm(item), help.optionDescription(item)]),
      ),
    ),
  ];
}

function wrap(text: string, help: Help): string {
  return help.boxWrap(text, PAGE_WIDTH);
}
