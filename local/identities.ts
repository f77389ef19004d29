// Who may call the embedded cloud of `tidegate local`, and the file with their secrets, which only the user can read.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Access keys by profile. What an access key stands for: cloud/local/protocol/credential.ts. */
const profiles = {
  ann: 'ann',
  ben: 'ben',
  ci: 'role.ci:pipeline',
  // As IAM Identity Center names the role of a permission set, and its session.
  'ann-sso': 'role.AWSReservedSSO_ReleaseManager_0123456789abcdef:ann@example.com',
  operator: 'operator',
  // Reads, and may order nothing (rights.ts).
  viewer: 'viewer',
  // What a button in a chat runs as: it may start what puts traffic back, and nothing else (rights.ts).
  'chat-channel': 'role.chat-channel',
  // The role of an agent: it reads, pauses and puts back (rights.ts).
  agent: 'role.release-agent:mcp',
} as const

/** Whom the console's sample can act as, by profile. */
export const samplePeople = ['ann', 'ben', 'ci', 'viewer'] as const
export const accessKeyOf = (profile: keyof typeof profiles): string => profiles[profile]

/** The access key of the pipeline that uploads packages. */
export const pipeline = profiles.ci
export const users: readonly string[] = Object.values(profiles).filter((key) => !key.startsWith('role.'))

/** Writes an AWS shared credentials file. A new folder of the system's temporary folder is open to its user alone (mkdtemp). */
export function credentialsFile(secretOf: (accessKeyId: string) => string): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-'))
  const path = join(folder, 'credentials')
  const sections = Object.entries(profiles).map(
    ([name, key]) => `[${name}]\naws_access_key_id = ${key}\naws_secret_access_key = ${secretOf(key)}\n`,
  )
  writeFileSync(path, sections.join('\n'), { mode: 0o600, flag: 'wx' })
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
