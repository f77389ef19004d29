// `tidegate openslo`: converts OpenSLO documents into the `slos` of a service definition. It only prints, and makes no calls.
import { parseAllDocuments, stringify } from 'yaml'
import { importOpenSlo, type OpenSloDocument } from '../../core/service/openslo.ts'
import { Problem } from '../../core/problem.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'
import { firstLine, readText } from '../backend/text-file.ts'

/** @throws Problem `openslo_invalid` */
export async function showOpenSlo(screen: Screen, files: readonly string[]): Promise<number> {
  const documents: OpenSloDocument[] = []
  for (const file of files) documents.push(...openSloDocuments(await readText(file, 'openslo_invalid'), file))
  const imported = importOpenSlo(documents)
  const slos = imported.map(({ definition }) => definition)
  const notes = imported.map(({ definition, measured }) => `# ${definition.name} measures ${measured}`)
  const head = '# For the definition of the service whose targets these are; all targets of it are counted:'
  screen.say(
    [head, ...notes, ...stringify({ slos }).trimEnd().split('\n')].map((asIs) => ({ asIs })),
    {
      slos,
      measured: imported.map(({ measured }) => measured),
    },
  )
  return exitCodes.done
}

/** A file may contain several documents, and a document may be a list of them. @throws Problem `openslo_invalid` */
export function openSloDocuments(text: string, file: string): readonly OpenSloDocument[] {
  const isNot = (error: unknown): Problem =>
    new Problem('openslo_invalid', `The file ${file} is not YAML: ${firstLine(error)}`, { cause: error })
  const parsed = parseAllDocuments(text)
  const [error] = 'empty' in parsed ? parsed.errors : parsed.flatMap(({ errors }) => errors)
  if (error !== undefined) throw isNot(error)
  const values = parsed.flatMap((document): readonly unknown[] => {
    let value: unknown
    try {
      value = document.toJS()
    } catch (caught) {
      // The YAML library refuses aliases that expand too far.
      throw isNot(caught)
    }
    if (Array.isArray(value)) return value as unknown[]
    return value === null ? [] : [value]
  })
  return values.map((value, index) => ({ place: values.length === 1 ? file : `${file}, document ${index + 1}`, value }))
}
