// `tidegate validate`: whether definitions are valid, and where they are not. It asks nobody and changes nothing, so it needs no
// account; whether functions, alarms and roles exist, only `tidegate apply`, `tidegate doctor` and a release find out.
import { besidesWords } from '../../core/concurrency/words.ts'
import { wholePlanWords } from '../../core/service/plan.ts'
import { targetsWords } from '../../core/service/target.ts'
import { Problem } from '../../core/problem.ts'
import { checkedDefinition, wrongWith } from '../../policy/definition.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'
import { definitionFiles } from '../backend/definition-files.ts'
import { type FilePlace, type Located, readLocated } from '../backend/text-file.ts'

type Fault = Partial<FilePlace> & { readonly field?: string; readonly message: string }
type Checked = {
  readonly file: string
  readonly service?: string
  readonly words: string
  /** What is valid asks for besides its plan. */
  readonly besides?: readonly string[]
  readonly faults: readonly Fault[]
}

/** @returns 1 if one of the files is invalid */
export async function validateFiles(screen: Screen, paths: readonly string[]): Promise<number> {
  const { files } = await definitionFiles(paths)
  const checked: Checked[] = []
  for (const file of files) checked.push(again(await checkedFile(file), checked))
  for (const { file, service, words, besides = [], faults } of checked)
    screen.say(
      faults.length === 0
        ? [`${file}: ${words}`, ...besides.map((line) => `  ${line}`)]
        : faults.map((fault) => faultWords(file, fault)),
      {
        file,
        isValid: faults.length === 0,
        ...(service === undefined ? {} : { service }),
        ...(faults.length === 0 ? {} : { faults }),
      },
    )
  return checked.every(({ faults }) => faults.length === 0) ? exitCodes.done : exitCodes.different
}

async function checkedFile(file: string): Promise<Checked> {
  let located: Located
  try {
    located = await readLocated(file, 'definition_invalid')
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { file, words: '', faults: [{ message: error.message }] }
  }
  const { value, faults, placeOf } = located
  if (faults.length > 0)
    return {
      file,
      words: '',
      faults: faults.map(({ words, ...place }) => ({ ...place, message: `it is not YAML: ${words}` })),
    }
  const wrong = wrongWith(value)
  if (wrong.length > 0)
    return {
      file,
      words: '',
      faults: wrong
        .map(({ path, field, words }) => ({
          ...placeOf(path),
          ...(field === '' ? {} : { field }),
          message: words,
        }))
        .toSorted((a, b) => a.line - b.line || a.column - b.column),
    }
  const checked = checkedDefinition(value)
  const { name, targets } = checked
  const words = `service ${name} is valid: ${targetsWords(targets)}; ${wholePlanWords(checked)}.`
  return { file, service: name, words, besides: besidesWords(checked), faults: [] }
}

/** Two files of one service: the one that is applied later would win. */
function again(checked: Checked, before: readonly Checked[]): Checked {
  const other = before.find(({ service }) => service !== undefined && service === checked.service)
  if (other === undefined) return checked
  const message = `${other.file} defines the service ${checked.service ?? ''} too: a service has one definition`
  return { ...checked, faults: [{ field: 'name', message }] }
}

function faultWords(file: string, { line, column, field, message }: Fault): string {
  const place = line === undefined ? '' : `:${line}:${column ?? 1}`
  return `${file}${place}: ${field === undefined ? '' : `${field}: `}${message}`
}
