// Who may say what about a candidate. A party is named as AWS has proven it (core/caller.ts), as an event of AWS, or as a signer
// whose key or certificate is written here. docs/decisions/0057.
import * as z from 'zod'
import { personKey } from '../caller.ts'
import { plain } from '../plain-name.ts'

/** What may be said, each a right of its own. `binding`: the commit that a candidate was built from. */
export const statements = ['tests', 'scan', 'binding', 'flags'] as const
export type Statement = (typeof statements)[number]

/** AWS itself, where it says something of its own accord. No caller has such a name (`isReserved`). */
export const awsScanner = 'aws.ecr'
/** Commits that a pipeline names: it starts releases by `states:StartExecution`, a right that only pipelines have. */
export const awsPipeline = 'aws.codepipeline'
const awsParties: Partial<Readonly<Record<Statement, string>>> = { scan: awsScanner, binding: awsPipeline }

/** Whether a name belongs to AWS's own events, in any spelling. People are compared without `user/` and `sso/`. */
export const isReserved = (by: string): boolean => personKey(by).startsWith('aws.')

const signerName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'use lower-case letters, digits and -, at most 40')
  .describe('Named in the lists as `signer/NAME`.')

const PublicKey = z.strictObject({
  name: signerName,
  publicKey: z
    .string()
    .max(2000)
    .regex(/^\s*-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/, 'a public key in PEM (SPKI)')
    .describe('A public key in PEM, such as the one of `cosign generate-key-pair`.'),
})
const Certificate = z.strictObject({
  name: signerName,
  identity: plain(z.string().min(1).max(500)).describe(
    'Whom the certificate of Sigstore names, exactly: `https://github.com/OWNER/REPO/.github/workflows/FILE@REF`, or an email address.',
  ),
  issuer: z
    .url({ protocol: /^https$/ })
    .max(300)
    .describe('Who vouches for the identity: `https://token.actions.githubusercontent.com`.'),
})
export const Signer = z.union([PublicKey, Certificate], {
  error: 'give a name with publicKey, or with identity and issuer',
})
export type Signer = z.output<typeof Signer>

const kinds = /^(user|sso|role|federated|root|signer)\/.+$/
const partyWords =
  'name a caller as role/ci, user/ann, ann or ann@example.com; a signer as signer/NAME; AWS as aws.ecr (scan) or aws.codepipeline (binding)'

const party = (of: Statement) =>
  plain(z.string().min(1).max(200)).refine(
    (name) => (isReserved(name) ? name === awsParties[of] : kinds.test(name) || !/[/:\s]/.test(name)),
    partyWords,
  )
const list = (of: Statement, what: string) =>
  z.array(party(of)).min(1).max(50).optional().describe(`Only these may say ${what}. Without it: who has the right.`)

/** The lists, and whose signatures are believed. */
export const AttestationRules = z
  .strictObject({
    tests: list('tests', 'how its tests went'),
    scan: list('scan', 'what a scan found'),
    binding: list('binding', 'which commit it was built from'),
    flags: list('flags', 'which feature flags it is behind'),
    signers: z.array(Signer).max(20).default([]).describe('Whose signed statements are believed (docs/gates.md).'),
  })
  .superRefine(({ signers, ...lists }, context) => {
    const names = signers.map(({ name }) => name)
    if (new Set(names).size < names.length)
      context.addIssue({ code: 'custom', path: ['signers'], message: 'each signer needs a name of its own' })
    for (const of of statements)
      for (const [index, one] of (lists[of] ?? []).entries())
        if (one.startsWith('signer/') && !names.includes(one.slice('signer/'.length)))
          context.addIssue({ code: 'custom', path: [of, index], message: `there is no signer of this name` })
  })
export type AttestationRules = z.output<typeof AttestationRules>

/** How a signer of a service is named where it says something. No caller has such a name. */
export const signerParty = (service: string, name: string): string => `signer/${service}/${name}`

/** Names that AWS or a signature has proven. Others are from before callers were proven (docs/decisions/0055). */
const isProven = (by: string): boolean => kinds.test(by) || isReserved(by)

/** Whether the list lets this party say it. Without a list whoever has the right may. */
export function maySay(
  { name, rules }: { readonly name: string; readonly rules: AttestationRules },
  of: Statement,
  by: string,
): boolean {
  const listed = rules[of]
  // A user may be called aws.ecr, and could attest before such callers were refused.
  if (isReserved(by) && by !== awsParties[of]) return false
  if (listed === undefined) return true
  if (!isProven(by)) return false
  return listed.some((one) =>
    one.startsWith('signer/')
      ? by === signerParty(name, one.slice('signer/'.length))
      : !by.startsWith('signer/') && personKey(one) === personKey(by),
  )
}
