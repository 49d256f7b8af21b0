/** A byte-level BPE tokenizer in the form of Qwen's, with made-up pieces. */

export const SPECIAL_TOKENS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'] as const;

const SPLIT =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** The character that GPT-2's byte-level alphabet has for a blank. */
const BLANK = 'Ġ';
const LETTERS = [...'etaoinshrdlucmfwypvbgkqjxz'];

/**
 * tokenizer.json with `tokens` tokens: the 256 bytes, then pieces of letters, shorter ones first, then the special
 * tokens.
 */
export function tokenizerJson(tokens: number): object {
  const pieces = tokens - SPECIAL_TOKENS.length;
  const alphabet = byteAlphabet();
  const vocabulary = new Map(alphabet.map((piece, id) => [piece, id]));
  const merges: [string, string][] = [];
  const grown = [BLANK, ...LETTERS];
  for (const left of grown) {
    for (const right of LETTERS) {
      if (vocabulary.size >= pieces) break;
      vocabulary.set(left + right, vocabulary.size);
      merges.push([left, right]);
      grown.push(left + right);
    }
    if (vocabulary.size >= pieces) break;
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map((content, i) => ({
      id: pieces + i,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: SPLIT }, behavior: 'Isolated', invert: false },
        byteLevel(false),
      ],
    },
    post_processor: byteLevel(false),
    decoder: byteLevel(true),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary),
      merges,
    },
  };
}

export function tokenizerConfigJson(): object {
  const [endOfText, startOfTurn, endOfTurn] = SPECIAL_TOKENS;
  return {
    tokenizer_class: 'Qwen2Tokenizer',
    add_prefix_space: false,
    bos_token: null,
    eos_token: endOfTurn,
    pad_token: endOfText,
    unk_token: null,
    additional_special_tokens: [startOfTurn, endOfTurn],
    clean_up_tokenization_spaces: false,
    chat_template: CHAT_TEMPLATE,
  };
}

function byteLevel(all: boolean): object {
  return { type: 'ByteLevel', add_prefix_space: all, trim_offsets: all, use_regex: all };
}

/** GPT-2's character for each byte: printable ones are themselves, the others follow U+0100. */
function byteAlphabet(): string[] {
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCodePoint(printable ? byte : 256 + others++);
  });
}
