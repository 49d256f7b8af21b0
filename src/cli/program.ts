import { Command } from '@commander-js/extra-typings';
import { VERSION } from '../version.ts';
import { addAnalyzeCommand } from './commands/analyze.ts';
import { addDequantizeCommand } from './commands/dequantize.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addExportCommand } from './commands/export.ts';
import { addInspectCommand } from './commands/inspect.ts';
import { addRenderCommand } from './commands/render.ts';
import { addSchemaCommand } from './commands/schema.ts';
import { addSetupCommand } from './commands/setup.ts';
import { helpConfiguration } from './help.ts';

const HELP = {
  examples: [
    ['ft-lens export --checkpoint ./base --out ./base-int4', 'a Hugging Face checkpoint becomes a 4-bit ONNX export'],
    ['ft-lens export --checkpoint ./base --adapter ./lora --out ./ft-int4', 'the same with a LoRA merged into it'],
    [
      'ft-lens analyze "You are a fox." --base ./base-int4 --ft ./ft-int4',
      'what the LoRA does to this prompt, layer by layer',
    ],
  ],
  next: 'Next: ft-lens analyze --help',
} as const;

/** The whole command line. Nothing here loads a model, a schema or the native runtime: commands do when they run. */
export function createProgram(): Command {
  const program = new Command('ft-lens')
    .description('What did a LoRA do to the model? A logit lens over base and fine-tune, side by side.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp(helpConfiguration(HELP))
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  addAnalyzeCommand(program);
  addExportCommand(program);
  addDequantizeCommand(program);
  addInspectCommand(program);
  addRenderCommand(program);
  addDoctorCommand(program);
  addSetupCommand(program);
  addSchemaCommand(program);
  return program;
}
