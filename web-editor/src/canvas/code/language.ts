import type { StreamParser } from "@codemirror/language";

// What expressions are made of (expr-lang, as far as engine/expression allows it): only for colours and completion; what is
// right and wrong the server says.

export const keywords = [
  "and",
  "or",
  "not",
  "in",
  "contains",
  "startsWith",
  "endsWith",
  "matches",
  "true",
  "false",
  "nil",
  "let",
];

export const functions = [
  ...[
    "says",
    "now",
    "date",
    "duration",
    "timezone",
    "len",
    "lower",
    "upper",
    "trim",
    "trimPrefix",
    "trimSuffix",
    "split",
  ],
  ...["join", "replace", "repeat", "indexOf", "lastIndexOf", "hasPrefix", "hasSuffix", "string", "int", "float", "abs"],
  ...[
    "ceil",
    "floor",
    "round",
    "max",
    "min",
    "mean",
    "median",
    "first",
    "last",
    "get",
    "take",
    "keys",
    "values",
    "uniq",
  ],
  ...["sort", "reverse", "concat", "flatten", "all", "any", "one", "none", "filter", "map", "count", "sum", "find"],
];

const words = new Set(keywords);
const known = new Set(functions);

export const expressionLanguage: StreamParser<unknown> = {
  name: "expression",
  token(s) {
    if (s.eatSpace()) return null;
    if (s.match(/^"(?:[^"\\]|\\.)*"?/) || s.match(/^'(?:[^'\\]|\\.)*'?/) || s.match(/^`[^`]*`?/)) return "string";
    if (s.match(/^\d[\d_]*(?:\.\d+)?/)) return "number";
    if (s.match(/^\.[\p{L}_][\p{L}\p{N}_]*/u)) return null;
    const word = s.match(/^[\p{L}_][\p{L}\p{N}_]*/u) as RegExpMatchArray | null;
    if (word) {
      if (words.has(word[0])) return "keyword";
      return known.has(word[0]) && s.peek() === "(" ? "variableName.function" : "variableName";
    }
    if (s.match(/^(?:\?\?|\?\.|&&|\|\||[=!<>]=|[-+*/%<>!?:|^])/)) return "operator";
    s.next();
    return null;
  },
};
