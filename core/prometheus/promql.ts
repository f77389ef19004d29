// What a PromQL expression of a signal may say, and how the two versions are told apart in it. Only as much of the language is
// read as that takes: where quoted text, comments and ranges are. Prometheus itself says whether the rest is right.

/** What stands in an expression for the function, the alias and the version. */
const placeholders = ['function', 'alias', 'version'] as const
type Filling = Readonly<Record<(typeof placeholders)[number], string>>

/** A piece of an expression: quoted text, with its quotes, or what is between. Comments are left out. */
type Piece = {
  readonly text: string
  readonly quote?: string
  /** What stands before quoted text, such as `=` or `!~`; empty if it is none of them. */
  readonly matcher: string
  readonly isOpen: boolean
}

// A quoted text, which may not end; a comment; anything else.
const token = /"(?:\\.|[^"\\\n])*("?)|'(?:\\.|[^'\\\n])*('?)|`[^`]*(`?)|#[^\n]*|[^"'`#]+/gs

function piecesOf(expression: string): readonly Piece[] {
  const pieces: Piece[] = []
  let before = ''
  for (const [text, ...ends] of expression.matchAll(token)) {
    const first = text[0] ?? ''
    if (first === '#') continue
    const isQuoted = first === '"' || first === "'" || first === '`'
    pieces.push({
      text,
      ...(isQuoted ? { quote: first } : {}),
      matcher: isQuoted ? (/[=!~<>]+(?=\s*$)/.exec(before)?.[0] ?? '') : '',
      isOpen: isQuoted && !ends.includes(first),
    })
    before = isQuoted ? '' : before + text
  }
  return pieces
}

const ofOneMinute = /^\s*(1m|60s)\s*$/
// They estimate what was counted from two samples (https://prometheus.io/docs/prometheus/latest/querying/functions/).
const estimating = /\b(increase|rate|irate|delta|idelta|deriv|predict_linear)\s*(?:\(|by\b|without\b)/

/**
 * Why an expression would not say what happened in each minute, for each version; each as a sentence.
 * @param isCount its values are compared as counts, which must be exact
 */
export function wrongInPromql(expression: string, isCount: boolean): readonly string[] {
  const pieces = piecesOf(expression)
  const code = pieces.map(({ text, quote }) => (quote === undefined ? text : '""')).join('')
  const isIn = (wanted: (piece: Piece) => boolean, name: string): boolean =>
    pieces.some((piece) => wanted(piece) && piece.text.includes(`{${name}}`))
  const unquoted = placeholders.filter((name) => isIn(({ quote }) => quote === undefined || quote === '`', name))
  const [estimate] = isCount ? (estimating.exec(code)?.slice(1) ?? []) : []
  return [
    ...(pieces.some(({ isOpen }) => isOpen) ? ['a quote is not closed'] : []),
    ...(isIn(({ quote }) => quote === '"' || quote === "'", 'version')
      ? []
      : [
          'it must contain {version} in quotes, such as version="{version}": without it the two versions cannot be told apart',
        ]),
    ...(isIn(({ quote, matcher }) => quote !== undefined && quote !== '`' && matcher !== '=', 'version')
      ? ['{version} must stand after =, as in version="{version}": !=, =~ and !~ can read the other version too']
      : []),
    ...unquoted.map((name) => `{${name}} must be in quotes, " or '`),
    ...ranges(code).map(
      (range) => `a range must be one minute, [1m]: [${range}] would count a request in other minutes too`,
    ),
    ...(/\boffset\b(?!\s*(1m|60s)\b)/i.test(code) ? ['an offset must be 1m: any other one reads another minute'] : []),
    ...(code.includes('@') ? ['@ reads the same moment for every minute'] : []),
    ...(estimate === undefined
      ? []
      : [`${estimate}() estimates, and what is compared are counts: write x - x offset 1m (docs/prometheus.md)`]),
  ]
}

const ranges = (code: string): readonly string[] =>
  [...code.matchAll(/\[([^\]]*)\]/g)].flatMap(([, range = '']) => (ofOneMinute.test(range) ? [] : [range.slice(0, 40)]))

/** The expression for one version of one function. What is filled in stays a piece of quoted text, whatever it is. */
export const filledPromql = (expression: string, filling: Filling): string =>
  piecesOf(expression)
    .map(({ text, quote, matcher }) =>
      quote === undefined || quote === '`'
        ? text
        : text.replaceAll(/\{(function|alias|version)\}/g, (_, name: keyof Filling) =>
            quoted(matcher.endsWith('~') ? literal(filling[name]) : filling[name]),
          ),
    )
    .join('')

/** As RE2 reads itself. */
const literal = (value: string): string => value.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)

/** As Go's quoted strings, in which both quotes may be escaped as code points. */
const quoted = (value: string): string =>
  value.replaceAll(/["'\\\p{Cc}]/gu, (one) =>
    one === '\\' ? '\\\\' : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
