import { handleInterrupts } from './interrupt.ts';

// Before anything else is loaded, which takes a while: a signal ends every phase in the same way.
handleInterrupts();
const { runProgram } = await import('./run-program.ts');
await runProgram(process.argv.slice(2));
