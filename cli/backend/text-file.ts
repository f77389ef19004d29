// Reads files that people and other programs wrote, from any editor or shell. A file that is not text gets an error that says
// what it is.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { type Document, isMap, isScalar, LineCounter, parseDocument, YAMLError } from 'yaml'
import { Problem, type ProblemCode } from '../../core/problem.ts'

const compressed: readonly (readonly [bytes: readonly number[], word: string])[] = [
  [[0x1f, 0x8b], 'gzip'],
  [[0x50, 0x4b, 0x03, 0x04], 'zip'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0x42, 0x5a, 0x68], 'bzip2'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz'],
]
const beginsWith = (bytes: Uint8Array, wanted: readonly number[]): boolean =>
  wanted.every((byte, index) => bytes[index] === byte)

/** UTF-8, or UTF-16 with a byte order mark, which is stripped. @throws Problem `code` */
export async function readText(file: string, code: ProblemCode): Promise<string> {
  return textOf(await bytesOf(file, code), file, code)
}

/** Like `readText`, for exports: gzip is unpacked, and a size is the limit. @throws Problem `code`, `replay_too_large` */
export async function readExport(file: string, code: ProblemCode, bytesMax: number): Promise<string> {
  const tooLarge = (what: string): Problem =>
    new Problem('replay_too_large', `${file}: it has more than ${bytesMax / 2 ** 20} MiB${what}.`)
  // The size is asked first, so that a huge file is not read into memory. A pipe has the size 0.
  const { size } = await stat(file).catch(() => ({ size: 0 }))
  if (size > bytesMax) throw tooLarge('')
  const bytes = await firstBytes(file, code, bytesMax + 1)
  if (bytes.length > bytesMax) throw tooLarge('')
  if (!beginsWith(bytes, [0x1f, 0x8b])) return textOf(bytes, file, code)
  try {
    return textOf(gunzipSync(bytes, { maxOutputLength: bytesMax }), file, code)
  } catch (error) {
    if (error instanceof Problem) throw error
    if (error instanceof RangeError) throw tooLarge(' unpacked')
    throw new Problem(code, `The file ${file} is packed (gzip) and damaged: ${firstLine(error)}.`, { cause: error })
  }
}

const mebibytesMost = 16

/** @throws Problem `code`, for a file of more than 16 MiB too */
export async function bytesOf(file: string, code: ProblemCode): Promise<Uint8Array> {
  const most = mebibytesMost * 2 ** 20
  const bytes = await firstBytes(file, code, most + 1)
  if (bytes.length > most) throw new Problem(code, `The file ${file} has more than ${mebibytesMost} MiB.`)
  return bytes
}

/** A device or a pipe may have no end. */
const firstBytes = (file: string, code: ProblemCode, count: number): Promise<Uint8Array> =>
  buffer(createReadStream(file, { end: count - 1 })).catch((cause: unknown) => {
    throw new Problem(code, `The file ${file} cannot be read.`, { cause })
  })

function textOf(bytes: Uint8Array, file: string, code: ProblemCode): string {
  const packed = compressed.find(([start]) => beginsWith(bytes, start))
  if (packed !== undefined) throw new Problem(code, `The file ${file} is packed (${packed[1]}): unpack it first.`)
  const encoding = beginsWith(bytes, [0xff, 0xfe]) ? 'utf-16le' : beginsWith(bytes, [0xfe, 0xff]) ? 'utf-16be' : 'utf-8'
  let text: string
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new Problem(code, `The file ${file} is not text in UTF-8.`, { cause })
  }
  // NULs mean UTF-16 without a byte order mark, or a binary file.
  if (text.includes('\0')) throw new Problem(code, `The file ${file} is not text in UTF-8: it has NUL characters.`)
  return text
}

/** Reads one document of YAML or JSON. @throws Problem `code` */
export async function readYaml(file: string, code: ProblemCode): Promise<unknown> {
  const text = await readText(file, code)
  try {
    const document = parseDocument(text)
    const [error] = document.errors
    if (error !== undefined) throw error
    // YAML aliases are resolved only here, with the library's limit on how far they may expand.
    return document.toJS()
  } catch (error) {
    throw new Problem(code, `The file ${file} is not YAML: ${yamlWords(error)}`, { cause: error })
  }
}

/** Where something is in a file, from 1. */
export type FilePlace = { readonly line: number; readonly column: number }
export type Located = {
  /** What is in the file; absent if it is no YAML. */
  readonly value?: unknown
  /** Why it is no YAML, and where. */
  readonly faults: readonly (FilePlace & { readonly words: string })[]
  /** Of the value at a path, or of the nearest that is in the file. */
  readonly placeOf: (path: readonly PropertyKey[]) => FilePlace
}

/** Like `readYaml`, with the place of everything that is in the file. @throws Problem `code` if the file is no text */
export async function readLocated(file: string, code: ProblemCode): Promise<Located> {
  const lines = new LineCounter()
  const document = parseDocument(await readText(file, code), { lineCounter: lines })
  const at = (offset: number): FilePlace => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const placeOf = (path: readonly PropertyKey[]): FilePlace => at(offsetOf(document, path))
  const faults = document.errors.map((error) => ({ ...at(error.pos[0]), words: yamlWords(error) }))
  if (faults.length > 0) return { faults, placeOf }
  try {
    return { value: document.toJS(), faults, placeOf }
  } catch (error) {
    return { faults: [{ line: 1, column: 1, words: yamlWords(error) }], placeOf }
  }
}

/** The key counts as the place of its value, if it has one. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const last = path[length - 1]
    const key = isMap(parent)
      ? parent.items.map((pair) => pair.key).find((one) => isScalar(one) && String(one.value) === String(last))
      : document.getIn(path.slice(0, length), true)
    const range = (key as { readonly range?: readonly number[] | null } | undefined)?.range
    if (range?.[0] !== undefined) return range[0]
  }
  return document.contents?.range?.[0] ?? 0
}

/** What the parser says, without the place, which it appends. Its words on several documents are for programmers. */
const yamlWords = (error: unknown): string =>
  error instanceof YAMLError && error.code === 'MULTIPLE_DOCS'
    ? 'it has several documents (---); write each into a file of its own'
    : firstLine(error).replace(/ at line \d+, column \d+:$/, '')

/** Parsers append the location on further lines. */
export const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
