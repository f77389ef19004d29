// Who the caller is to AWS, and where: what the console says above each page, before somebody presses a button.
import { Problem } from '../../core/problem.ts'
import { unidentified } from './explained.ts'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

type Identity = { readonly who: string; readonly where: string }

/**
 * It needs no permission. Where STS does not answer, the pages still do.
 * @throws Problem `credentials_missing`, `credentials_refused`, `region_missing`
 */
export async function identityOnAws(environment: Readonly<Record<string, string | undefined>>): Promise<Identity> {
  const sts = new STSClient({})
  const region = await sts.config.region().catch(() => 'no region')
  const where = `${environment['TIDEGATE_TABLE'] ?? 'tidegate'} in ${region}`
  try {
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
    return { who: Arn ?? 'whom AWS does not name', where }
  } catch (cause) {
    const failed = new Problem('aws_unavailable', 'AWS failed sts:GetCallerIdentity.', { cause })
    const known = unidentified(failed, environment)
    if (known !== undefined) throw new Problem(known.code, known.message, { cause })
    return { who: 'your credentials (STS does not say whose)', where }
  }
}
