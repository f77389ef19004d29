// What has to be right before a version is published, and what a tarball must not have.

type State = {
  readonly version: string
  /** The version in package-lock.json. */
  readonly locked: string
  /** Files that are not committed. */
  readonly changed: readonly string[]
  readonly changelog: string
  /** That publishes it, as it was given. */
  readonly repository: string | undefined
  /** Whether it is to be published with --provenance. */
  readonly provenance: boolean
}

// npm compares it with the repository in the provenance, so a short form such as `a/b` is none.
const isRepository = (url: string): boolean => /^git\+https:\/\/[\w.-]+(\/[\w.-]+){2,10}\.git$/.test(url)

/** @returns what is wrong, in sentences */
export function readiness({ version, locked, changed, changelog, repository, provenance }: State): readonly string[] {
  const wrong: string[] = []
  if (provenance && repository === undefined)
    wrong.push(
      '--provenance needs --repository: npm refuses it unless package.json names the repository that publishes.',
    )
  if (repository !== undefined && !isRepository(repository))
    wrong.push(`--repository is git+https://HOST/OWNER/NAME.git, and not "${repository}".`)
  if (!/^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/.test(version)) wrong.push(`"${version}" is no version: MAJOR.MINOR.PATCH.`)
  if (locked !== version)
    wrong.push(`package-lock.json says ${locked} and package.json ${version}: run \`npm version\`, or \`npm install\`.`)
  if (changed.length > 0) wrong.push(`These files are not committed: ${changed.join(', ')}.`)
  if ((sectionOf(changelog, version) ?? '') === '')
    wrong.push(`CHANGELOG.md has no section "## ${version}" with text: rename "## Unreleased".`)
  const headings = changelog.split('\n').filter((line) => line.startsWith('## ') && line.split(' ')[1] === version)
  if (headings.length > 1) wrong.push(`CHANGELOG.md has ${headings.map((one) => `"${one}"`).join(' and ')}: join them.`)
  else if (/unreleased/i.test(headings[0] ?? '')) wrong.push(`CHANGELOG.md still has "${headings[0] ?? ''}".`)
  if ((sectionOf(changelog, 'Unreleased') ?? '') !== '')
    wrong.push('CHANGELOG.md still has text under "## Unreleased".')
  return wrong
}

/** What stands under a heading; `undefined` if there is none. */
function sectionOf(changelog: string, heading: string): string | undefined {
  const found = changelog.split(/^## /m).find((part) => /^\S+/.exec(part)?.[0] === heading)
  return found?.split('\n').slice(1).join('\n').trim()
}

/** In bytes, packed: what everybody downloads who types `npx tidegate`. */
const packedMost = 6_000_000

/** @returns what is wrong with a tarball, in sentences */
export function unwanted(files: readonly { readonly path: string }[], size: number): readonly string[] {
  const isUnwanted = (path: string): boolean =>
    /\.map$|(^|\/)(test|bench|node_modules|\.git|\.tidegate)\/|\.test\.|(^|\/)\.env|\.npmrc$/.test(path) ||
    (path.endsWith('.ts') && !path.endsWith('.d.ts'))
  return [
    ...files.filter(({ path }) => isUnwanted(path)).map(({ path }) => `${path} does not belong into it.`),
    ...(size > packedMost ? [`It has ${size} bytes, and may have ${packedMost}.`] : []),
  ]
}
