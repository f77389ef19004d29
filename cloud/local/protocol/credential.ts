// Who a request says it is from: the credential scope of its signature, and what the embedded cloud's access keys stand for.
import { account as homeAccount, type LocalRequest } from './service.ts'

// A request is asked several times, and few callers make all requests.
const knownMost = 1000
const known = new Map<string, readonly string[] | undefined>()

/** Access key, date, region, service and terminator of a version 4 signature, from the header or the query. */
export function credentialOf({
  headers,
  query,
}: Pick<LocalRequest, 'headers' | 'query'>): readonly string[] | undefined {
  return inHeader(headers['authorization'] ?? '') ?? query.get('X-Amz-Credential')?.split('/')
}

function inHeader(authorization: string): readonly string[] | undefined {
  if (known.has(authorization)) return known.get(authorization)
  const credential = /Credential=([^,\s]+)/.exec(authorization)?.[1]?.split('/')
  // A signature of its own for each request would fill it.
  if (known.size >= knownMost) known.clear()
  known.set(authorization, credential)
  return credential
}

/**
 * Access keys say who they belong to, so that credentials alone tell a test's caller: `NAME` is a user, and `role.NAME` is the
 * role of that name. A suffix `@ACCOUNT` puts it in that account. `:SESSION` at the end names the role's session, which may be an
 * e-mail address: `role.deploy@111111111111:ann@example.com`.
 */
export function principalOf(accessKeyId: string): { readonly account: string; readonly arn: string } {
  const [, name = '', account = homeAccount, session = 'session'] =
    /^([^@:]*)(?:@([^:]*))?(?::(.*))?$/s.exec(accessKeyId) ?? []
  const role = /^role\.(.+)$/.exec(name)?.[1]
  const arn =
    role === undefined
      ? `arn:aws:iam::${account}:user/${name}`
      : `arn:aws:sts::${account}:assumed-role/${role}/${session}`
  return { account, arn }
}

/** In AWS's form: the id of a user, or of a role and its session. */
export function userIdOf(arn: string): string {
  const [kind, name = '', session = ''] = arn.split(':').slice(5).join(':').split('/')
  return kind === 'assumed-role' ? `AROA${name}:${session}` : `AIDA${name}`
}
