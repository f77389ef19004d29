// Signatures of version 4: those that AWS has published, those of the library that the SDK signs with, and what is one
// character off.
import { SignatureV4 } from '@smithy/signature-v4'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localKeys } from '../../../../cloud/local/door/keys.ts'
import { sha256 } from '../../../../cloud/sha256.ts'
import { verified } from '../../../../cloud/local/door/verify.ts'

type Sent = { method: string; path: string; query: string; headers: Record<string, string>; body: string }

/** @returns `undefined`, or the code of the refusal */
async function refusalOf(sent: Sent, keys: Parameters<typeof verified>[2]): Promise<string | undefined> {
  const head = { ...sent, query: new URLSearchParams(sent.query) }
  const answer = await verified(
    head,
    () => Promise.resolve(Buffer.from(sent.body)),
    keys,
    () => undefined,
  )
  if ('request' in answer) return undefined
  const { headers, body } = answer.refusal
  return headers['x-amzn-errortype'] ?? /<Code>(.*)<\/Code>/.exec(String(body))?.[1]
}

const published = (secret: string) => ({ has: () => true, secretOf: () => secret })
const ofS3 = published('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')
const nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const scope = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request'
const toBucket = {
  host: 'examplebucket.s3.amazonaws.com',
  'x-amz-content-sha256': nothing,
  'x-amz-date': '20130524T000000Z',
}
const signedBy = (headers: string, signature: string, credential = scope) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${headers},Signature=${signature}`,
})
const chunks = (last: string): string =>
  [
    ['10000', 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648', 'a'.repeat(65_536)],
    ['400', '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497', `${'a'.repeat(1023)}${last}`],
    ['0', 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9', ''],
  ]
    .map(([size = '', signature = '', data = '']) => `${size};chunk-signature=${signature}\r\n${data}\r\n`)
    .join('')
const chunked = (last: string): Sent => ({
  ...{ method: 'PUT', path: '/examplebucket/chunkObject.txt', query: '', body: chunks(last) },
  headers: {
    ...{ host: 's3.amazonaws.com', 'x-amz-date': '20130524T000000Z', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    ...{ 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'content-encoding': 'aws-chunked' },
    ...{ 'x-amz-decoded-content-length': '66560', 'content-length': '66824' },
    ...signedBy(
      'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
      '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    ),
  },
})

/** AWS's own: docs.aws.amazon.com/AmazonS3/latest/API, sig-v4-header-based-auth, sigv4-streaming, sigv4-query-string-auth. */
const examples: Readonly<Record<string, Sent>> = {
  'GET of an object': {
    ...{ method: 'GET', path: '/test.txt', query: '', body: '' },
    headers: {
      ...{ ...toBucket, range: 'bytes=0-9' },
      ...signedBy(
        'host;range;x-amz-content-sha256;x-amz-date',
        'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
      ),
    },
  },
  "GET of a bucket's lifecycle": {
    ...{ method: 'GET', path: '/', query: 'lifecycle', body: '' },
    headers: {
      ...toBucket,
      ...signedBy(
        'host;x-amz-content-sha256;x-amz-date',
        'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
      ),
    },
  },
  'presigned GET of an object': {
    ...{ method: 'GET', path: '/test.txt', headers: { host: 'examplebucket.s3.amazonaws.com' }, body: '' },
    query: `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(scope)}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`,
  },
  'PUT in signed chunks': chunked('a'),
}

describe("AWS's example of a", () => {
  it.each(Object.entries(examples))('%s is let in, and not with another secret', async (_, sent) => {
    expect(await refusalOf(sent, ofS3)).toBeUndefined()
    expect(await refusalOf(sent, published('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEx'))).toBe('SignatureDoesNotMatch')
  })

  it('PUT in signed chunks is not let in with another byte, and not cut off', async () => {
    expect(await refusalOf(chunked('b'), ofS3)).toBe('XAmzContentSHA256Mismatch')
    const whole = chunked('a')
    const cut = { ...whole, body: whole.body.slice(0, whole.body.indexOf('0;chunk-signature=b6')) }
    expect(await refusalOf(cut, ofS3)).toBe('XAmzContentSHA256Mismatch')
    expect(await refusalOf({ ...whole, body: `${whole.body}more` }, ofS3)).toBe('XAmzContentSHA256Mismatch')
  })

  it('query to IAM is let in', async () => {
    // The example of AWS's general reference (sigv4-create-canonical-request).
    const sent = {
      ...{ method: 'GET', path: '/', query: 'Action=ListUsers&Version=2010-05-08', body: '' },
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        ...{ host: 'iam.amazonaws.com', 'x-amz-date': '20150830T123600Z' },
        ...signedBy(
          'content-type;host;x-amz-date',
          '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
          'AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request',
        ),
      },
    }
    expect(await refusalOf(sent, published('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'))).toBeUndefined()
  })
})

const keys = localKeys(['ann'])
const signingDate = new Date('2001-02-03T04:05:06Z')

type Plan = Omit<Sent, 'query'> & { readonly service: string; readonly parameters: Record<string, string> }

async function signed(plan: Plan, presign: boolean, accessKeyId = 'ann', secretAccessKey = keys.secretOf(accessKeyId)) {
  const { method, path, headers, body, service, parameters } = plan
  const credentials = { accessKeyId, secretAccessKey }
  const signer = new SignatureV4({
    ...{ service, region: 'us-east-1', sha256, credentials },
    uriEscapePath: service !== 's3',
  })
  // As S3's presigner says it.
  const unsigned = presign && service === 's3' ? { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' } : {}
  const request = {
    method,
    path,
    headers: { ...headers, ...unsigned },
    body,
    query: parameters,
    protocol: 'http:',
    hostname: '127.0.0.1',
  }
  const made = await (presign ? signer.presign(request, { signingDate }) : signer.sign(request, { signingDate }))
  const query = new URLSearchParams(made.query as Record<string, string>).toString()
  return { method, path, query, headers: { ...made.headers }, body } satisfies Sent
}

const text = fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ019-_.~')), minLength: 1, maxLength: 8 })
const path = fc
  .array(fc.oneof(text, fc.constantFrom('a%20b', '%2F', '%C3%A9', 'a%3Ab')))
  .map((parts) => `/${parts.join('/')}`)
const plan: fc.Arbitrary<Plan> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
    path,
    service: fc.constantFrom('s3', 'lambda', 'execute-api'),
    parameters: fc.dictionary(text, fc.string({ maxLength: 8 }), { maxKeys: 3, noNullPrototype: true }),
    headers: fc
      .dictionary(
        text.map((name) => `x-amz-meta-${name.toLowerCase()}`),
        text,
        { maxKeys: 2, noNullPrototype: true },
      )
      .map((meta) => ({ host: '127.0.0.1:4599', 'content-type': 'application/json', ...meta })),
    body: fc.string({ maxLength: 20 }),
  })
  .map((made) =>
    made.service === 's3' ? made : { ...made, path: made.path.replaceAll(/(?<=\/)\.{1,2}(?=\/|$)/g, 'x') },
  )

/** The same text with another character at one place. */
function flipped(value: string, at: number, to: string): string {
  const place = at % Math.max(1, value.length)
  return `${value.slice(0, place)}${to}${value.slice(place + 1)}`
}

const places = ['method', 'path', 'query', 'body', 'header', 'name'] as const

function changed(sent: Sent, place: (typeof places)[number], at: number, to: string): Sent {
  if (place !== 'header' && place !== 'name') return { ...sent, [place]: flipped(sent[place], at, to) }
  const names = Object.keys(sent.headers)
  const name = names[at % names.length] ?? ''
  const value = sent.headers[name] ?? ''
  const others = Object.fromEntries(Object.entries(sent.headers).filter(([one]) => one !== name))
  const changes = place === 'name' ? { [flipped(name, at, to)]: value } : { [name]: flipped(value, at, to) }
  return { ...sent, headers: { ...others, ...changes } }
}

/** What the services are told, in which `%2f` and `%2F`, or blanks around a header, make no difference. */
const meaning = ({ method, path, query, headers, body }: Sent): string => {
  const fields = Object.entries(headers).map(([name, value]) => [name, value.trim().replace(/\s+/g, ' ')])
  return JSON.stringify([method, path, [...new URLSearchParams(query)], fields.sort(), body])
}

describe('a request that the SDK signs', () => {
  it('is let in, in its headers or in its address', async () => {
    await fc.assert(
      fc.asyncProperty(plan, fc.boolean(), async (made, presign) => {
        expect(await refusalOf(await signed(made, presign), keys)).toBeUndefined()
      }),
      { numRuns: 60 },
    )
  })

  it('is not let in by a path that its signature does not tell from another', async () => {
    const at = (service: string, path: string) =>
      signed(
        { ...{ method: 'GET', service, path, parameters: {}, body: '' }, headers: { host: '127.0.0.1:4599' } },
        false,
      )
    for (const path of ['/a/../b', '/a%20b/..', '/./b', '//b', '/b/.']) {
      expect(await refusalOf(await at('lambda', path), keys), path).toBe('InvalidSignatureException')
      // S3 has keys with such parts, and signs them.
      expect(await refusalOf(await at('s3', path), keys), path).toBeUndefined()
    }
    for (const path of ['/', '/b/', '/b/.c/..d'])
      expect(await refusalOf(await at('lambda', path), keys), path).toBeUndefined()
  })

  it('is not let in with one other character anywhere', async () => {
    const change = fc.record({
      place: fc.constantFrom(...places),
      at: fc.nat(200),
      to: fc.constantFrom(...Array.from('aZ09/&=%+ ;,-')),
    })
    let refused = 0
    await fc.assert(
      fc.asyncProperty(plan, fc.boolean(), change, async (made, presign, { place, at, to }) => {
        // The body of what S3 presigns is not signed, on AWS neither.
        if (presign && made.service === 's3' && place === 'body') return
        const sent = await signed(made, presign)
        const other = changed(sent, place, at, to)
        if (meaning(other) === meaning(sent)) return
        // A presigned request signs no headers but these.
        if (presign && place === 'name' && other.headers['host'] === sent.headers['host']) return
        if (presign && place === 'header' && other.headers['host'] === sent.headers['host']) return
        refused++
        expect(await refusalOf(other, keys)).toBeDefined()
      }),
      { numRuns: 400 },
    )
    expect(refused).toBeGreaterThan(200)
  })

  it.each([false, true])(
    'is not let in with one other character at any place of what carries its signature: %s',
    async (presign) => {
      const headers = { host: '127.0.0.1:4599' }
      const sent = await signed(
        { ...{ method: 'GET', path: '/a', service: 's3', parameters: {}, body: '' }, headers },
        presign,
      )
      const { authorization = '' } = sent.headers as Record<string, string>
      for (let at = 0; at < (presign ? sent.query : authorization).length; at++) {
        const other = presign
          ? { ...sent, query: flipped(sent.query, at, '0') }
          : { ...sent, headers: { ...sent.headers, authorization: flipped(authorization, at, '0') } }
        if (meaning(other) !== meaning(sent)) expect(await refusalOf(other, keys)).toBeDefined()
      }
    },
  )

  it('is not let in with one other character in the secret, nor with that of another access key or run', async () => {
    const made: Plan = {
      ...{ method: 'POST', path: '/2015-03-31/functions', service: 'lambda', parameters: {}, body: '{}' },
      headers: { host: '127.0.0.1:4599' },
    }
    const secret = keys.secretOf('ann')
    for (let at = 0; at < secret.length; at++) {
      const sent = await signed(made, false, 'ann', flipped(secret, at, secret[at] === 'a' ? 'b' : 'a'))
      expect(await refusalOf(sent, keys)).toBe('InvalidSignatureException')
    }
    for (const other of [keys.secretOf('role.ann'), localKeys(['ann']).secretOf('ann')])
      expect(await refusalOf(await signed(made, false, 'ann', other), keys)).toBe('InvalidSignatureException')
    expect(await refusalOf(await signed(made, false, 'eve'), keys)).toBe('UnrecognizedClientException')
  })

  it('is not let in with a header that says more than was signed', async () => {
    const headers = { host: '127.0.0.1:4599' }
    const sent = await signed(
      { ...{ method: 'POST', path: '/', service: 'states', parameters: {}, body: '{}' }, headers },
      false,
    )
    const target = { ...sent.headers, 'x-amz-target': 'AWSStepFunctions.StartExecution' }
    expect(await refusalOf({ ...sent, headers: target }, keys)).toBe('InvalidSignatureException')
  })

  it('of anybody may not be let in under the name of another, who is named in a header that is no signature', async () => {
    const sent = await signed(
      { ...{ method: 'GET', path: '/', service: 's3', parameters: {}, body: '' }, headers: { host: '127.0.0.1:4599' } },
      true,
    )
    const named = { ...sent.headers, authorization: 'Bearer Credential=role.admin/20010203/us-east-1/s3/aws4_request' }
    expect(await refusalOf({ ...sent, headers: named }, keys)).toBe('IncompleteSignatureException')
  })
})
