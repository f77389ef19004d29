// Who called: from the ARN that AWS gives, in all its forms; and which names are one person.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callerName, personKey } from '../../core/caller.ts'

const nameOf = (userArn: string): string => callerName(userArn)
const sts = 'arn:aws:sts::111122223333:assumed-role'

describe('the name of a caller', () => {
  // The forms of API Gateway's events that were recorded in public, and of the IAM guide's table of principals.
  it.each([
    ['arn:aws:iam::111122223333:user/ann', 'user/ann'],
    ['arn:aws:iam::111122223333:user/teams/shop/ann', 'user/ann'],
    ['arn:aws-us-gov:iam::111122223333:user/ann', 'user/ann'],
    [`${sts}/AWSReservedSSO_Release_0123456789abcdef/ann@example.com`, 'sso/ann@example.com'],
    [`${sts}/AWSReservedSSO_Approve_fedcba9876543210/ann@example.com`, 'sso/ann@example.com'],
    // Whoever assumes a role chooses the name of the session.
    [`${sts}/ci/ann`, 'role/ci'],
    [`${sts}/ci/AWSReservedSSO_x`, 'role/ci'],
    ['arn:aws:sts::111122223333:federated-user/ann', 'federated/ann'],
    ['arn:aws:iam::111122223333:root', 'root/111122223333'],
  ])('%s is %s', (arn, name) => {
    expect(nameOf(arn)).toBe(name)
  })

  it.each(['', 'ann', 'anonymous', 'arn:aws:iam::1:user/ann', `${sts}/ci`, 'arn:aws:iam::111122223333:role/ci'])(
    'is refused for "%s"',
    (arn) => {
      expect(() => nameOf(arn)).toThrow(expect.objectContaining({ code: 'caller_unknown' }) as Error)
    },
  )

  it('is never one that the controller gives itself', () => {
    const own = ['sweep', 'tidegate', 'verdict', 'policy', 'gate', 'hook', 'aws.ecr']
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.constantFrom('user', 'role'), (text, kind) => {
        const arn = kind === 'user' ? `arn:aws:iam::111122223333:user/${text}` : `${sts}/${text}/x`
        let name: string
        try {
          name = nameOf(arn)
        } catch {
          return
        }
        expect(own).not.toContain(name)
        expect(name.startsWith('alarm ')).toBe(false)
      }),
      { seed: 17 },
    )
  })
})

describe('one person', () => {
  it.each([
    ['user/ann', 'Ann'],
    ['user/ann', ' ann '],
    ['user/ann', 'a\u200bnn'],
    ['user/ann', 'ａｎｎ'],
    ['user/ann', 'ann\u2060'],
    ['sso/ann@example.com', 'ANN@example.com'],
  ])('%s is "%s"', (one, other) => {
    expect(personKey(one)).toBe(personKey(other))
  })

  it.each([
    ['user/ann', 'user/ben'],
    ['user/ci', 'role/ci'],
    ['user/ann', 'federated/ann'],
  ])('%s is not %s', (one, other) => {
    expect(personKey(one)).not.toBe(personKey(other))
  })
})
