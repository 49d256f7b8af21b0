import type { Command } from '@commander-js/extra-typings';
import { ANALYZE_DEFAULTS } from '../../analysis/request.ts';
import { FAIL_RULES } from '../fail-on.ts';
import { helpConfiguration } from '../help.ts';
import { oneOf, probability, repeated, threadCount, tokenIds, wholeNumber, wordOrList } from '../options.ts';
import { withReportOutput } from '../report-output.ts';

const HELP = {
  examples: [
    ['ft-lens analyze "You are a fox."', 'the demo pair, when it is installed'],
    ['ft-lens analyze "You are a fox." --base ./base-int4 --ft ./ft-int4', 'your own pair, side by side'],
    [
      'ft-lens analyze "…" --base ./base-int4 --ft ./ft-int4 --json > report.json',
      'every number, for a script; ft-lens schema describes it',
    ],
    [
      'ft-lens analyze "…" --positions all --format html -o report.html',
      'maps of every layer and position, for any browser, offline',
    ],
  ],
  next: 'Next: ft-lens render report.json shows a saved report again, without the models.',
} as const;

const DEVICES = ['auto', 'cpu', 'cuda', 'webgpu'] as const;

export function addAnalyzeCommand(program: Command): void {
  const command = program
    .command('analyze')
    .description('Read every layer of a model through its own LM head, and compare a fine-tune with its base.')
    .argument('[prompt]', 'the text to read; - for standard input')
    .configureHelp(helpConfiguration(HELP))
    .optionsGroup('Models')
    .option('--base <dir>', 'export folder of the base model (default: the demo pair)')
    .option('--ft <dir>', 'export folder of the fine-tune; leave it out to read one model')
    .option('--floor <dir>', 'the base exported with another recipe: differences up to its own are noise')
    .option('--device <device>', 'auto, cpu, cuda or webgpu', oneOf('--device', DEVICES), ANALYZE_DEFAULTS.device)
    .optionsGroup('What to read')
    .option('--prompt-file <file>', 'read the prompt from a UTF-8 file')
    .option('--token-ids <list>', 'token ids instead of text, such as 2610,525', tokenIds('--token-ids'))
    .option('--chat', 'put the prompt into the chat template of the model')
    .option('--system <text>', 'system text of the conversation, with --chat')
    .option('-k, --top-k <n>', 'tokens per layer', wholeNumber('--top-k', 1), ANALYZE_DEFAULTS.topK)
    .option(
      '--final-top <n>',
      'tokens of the final prediction',
      wholeNumber('--final-top', 1),
      ANALYZE_DEFAULTS.finalTop,
    )
    .option(
      '--positions <which>',
      'last, all, or a list such as 0,3,-1',
      wordOrList('--positions', ['last', 'all'], { negative: true }),
      ANALYZE_DEFAULTS.positions,
    )
    .option(
      '--norm <norm>',
      'final: the final norm before the LM head, as the model does; none: leave it out',
      oneOf('--norm', ['final', 'none']),
      ANALYZE_DEFAULTS.norm,
    )
    .option(
      '--track <words>',
      'follow a token (text or #id) and its spellings, or a set: I,me,my; repeatable',
      repeated(String),
    )
    .option(
      '--active-threshold <p>',
      'a token above this probability is active',
      probability('--active-threshold'),
      ANALYZE_DEFAULTS.activeThreshold,
    )
    .option(
      '--attention-layers <which>',
      'layers whose attention is listed: last, all, or a list such as 1,24,48',
      wordOrList('--attention-layers', ['last', 'all'], { negative: false, example: '1,24,48' }),
      ANALYZE_DEFAULTS.attentionLayers,
    )
    .option(
      '--attention-top <n>',
      'attended positions listed',
      wholeNumber('--attention-top', 1),
      ANALYZE_DEFAULTS.attentionTop,
    )
    .option('--heads', 'every head of these layers by itself, beside their mean')
    .option('--cross-head', "each model's states through the other's norm and head: was it the state or the head?")
    .option('--generate <n>', 'let each model write up to n tokens, and read them too', wholeNumber('--generate', 1));
  withReportOutput(command)
    .optionsGroup('Run')
    .option(
      '--fail-on <rule>',
      'exit 1 on no-difference, within-noise or self-check; repeatable',
      repeated(oneOf('--fail-on', FAIL_RULES)),
    )
    .option('--threads <n>', 'threads of the CPU (default: one per core)', threadCount('--threads'))
    .option('--no-self-test', 'do not compare the device with the CPU, at one layer, before a model is read')
    .option('--quiet', 'only warnings and errors on stderr')
    .option('--verbose', 'stacks of errors as well')
    .action(async (prompt, options) => {
      const { runAnalyze } = await import('../run/analyze.ts');
      await runAnalyze(prompt, options);
    });
}
