// The template, the package of all functions and their checksums, as `tidegate template` writes them.
import { createHash } from 'node:crypto'
import { Stage } from 'aws-cdk-lib'
import { zipSync } from 'fflate'
import { optionalVerbs, verbs } from '../../functions/handlers.ts'
import { bundle } from '../bundle.ts'
import { saidIfThere, type TemplateText } from './only-if.ts'
import { shadowStack } from './shadow.ts'
import { templateStack } from './stack.ts'

/** Synthesised: what CloudFormation reads. */
export function templateOf(version: string): TemplateText {
  const stack = templateStack(version)
  const assembly = Stage.of(stack)?.synth()
  return saidIfThere(assembly?.getStackByName(stack.stackName).template as TemplateText)
}

/** @throws Problem `shadow_invalid` */
export function shadowTemplateOf(version: string, input: unknown): TemplateText {
  const stack = shadowStack(version, input)
  return Stage.of(stack)?.synth().getStackByName(stack.stackName).template as TemplateText
}

/** A line for each resource: indented, it would pass the 460,800 bytes that some tools still count to (docs/aws.md §18). */
function textOf(template: TemplateText): string {
  const sections = Object.entries(template).map(([name, section]) => {
    if (typeof section !== 'object' || section === null) return `${JSON.stringify(name)}: ${JSON.stringify(section)}`
    const lines = Object.entries(section).map(([id, one]) => ` ${JSON.stringify(id)}: ${JSON.stringify(one)}`)
    return `${JSON.stringify(name)}: {\n${lines.join(',\n')}\n}`
  })
  return `{\n${sections.join(',\n')}\n}\n`
}

/** A module for each function, and beside them what they read. The same code gives the same bytes. */
function packageOf(): Uint8Array {
  const files = [...[...verbs, ...optionalVerbs].filter((verb) => verb !== 'provision'), 'shadowHook' as const].flatMap(
    (verb) => {
      const { code, files } = bundle(verb)
      return Object.entries({ ...files, [`${verb}.mjs`]: code })
    },
  )
  return zipSync(Object.fromEntries(files), { level: 9, mtime: new Date(1980, 0, 1) })
}

/**
 * What an installation is made of, and their checksums, by the names of the files.
 * @param shadows the file of a team's shadows: then there is a template of them too
 * @throws Problem `shadow_invalid`
 */
export function templateFiles(version: string, shadows?: unknown): Readonly<Record<string, Uint8Array>> {
  const files: Readonly<Record<string, Uint8Array>> = {
    [`tidegate-${version}.json`]: Buffer.from(textOf(templateOf(version))),
    [`tidegate-${version}.zip`]: packageOf(),
    ...(shadows === undefined
      ? {}
      : { [`tidegate-shadow-${version}.json`]: Buffer.from(textOf(shadowTemplateOf(version, shadows))) }),
  }
  const sums = Object.entries(files).map(([name, content]) => `${sha256(content)}  ${name}\n`)
  return { ...files, SHA256SUMS: Buffer.from(sums.join('')) }
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')
