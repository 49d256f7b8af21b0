import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Puts the compiled modules of the HTML report's page into the one script that every report carries, and the style sheet
 * beside it. `tsc -p src/render/html/page` comes first.
 *
 * Each module becomes a function that is called once, after those it imports: what it exports is what it returns.
 */
const root = join(import.meta.dirname, '..');
const compiled = join(root, '.cache/page/render/html/page');
const built = join(root, 'dist/render/html');

const IMPORT = /^import \{(?<names>[^}]*)\} from '(?<path>\.[^']+)';\n/gm;
const EXPORT = /^export (?=(?:function|const|class) (?<name>\w+))/gm;
const TYPES_ONLY = /^export \{\};\n/gm;

function joinModules(main: string): string {
  /** Code of each module, by its path, in the order in which they run. */
  const joined = new Map<string, string>();
  const visit = (path: string): string => {
    const variable = `module${[...joined.keys()].indexOf(path)}`;
    if (joined.has(path)) return variable;
    const source = readFileSync(path, 'utf8');
    const imports = [...source.matchAll(IMPORT)].map(({ groups }) => {
      const names = groups?.['names']?.replaceAll(' as ', ': ') ?? '';
      return `const {${names}} = ${visit(resolve(dirname(path), groups?.['path'] ?? ''))};\n`;
    });
    const exports = [...source.matchAll(EXPORT)].map(({ groups }) => groups?.['name']).join(', ');
    const code = source.replaceAll(IMPORT, '').replaceAll(TYPES_ONLY, '').replaceAll(EXPORT, '');
    const left = /^(?:import|export)\b.*$/m.exec(code);
    if (left !== null) throw new Error(`${path}: the page cannot hold "${left[0]}"`);
    const name = `module${joined.size}`;
    joined.set(path, `const ${name} = (() => {\n${imports.join('')}${code}return { ${exports} };\n})();\n`);
    return name;
  };
  visit(main);
  return [...joined.values()].join('');
}

const script = joinModules(join(compiled, 'main.js'));
// The script stands in a <script> element, which these would end or change.
if (/<\/script|<!--/i.test(script)) throw new Error('the script of the page holds "</script" or "<!--"');
mkdirSync(built, { recursive: true });
writeFileSync(join(built, 'page.js'), script);
cpSync(join(root, 'src/render/html/page/page.css'), join(built, 'page.css'));
