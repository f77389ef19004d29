// Verifies the answers of a function against a contract in the file format of Pact, version 2: what the consumer asks, and what
// it reads of the answer. Status, and the body by equality, by type or by pattern; what is not read may be anything. For headers,
// provider states, a broker and later versions take Pact's own verifier, in a container image: it is native code.

/** @returns what is wrong with `answer`, each as a sentence; empty if the consumer can live with it */
export function wrongIn({ status = 200, body, matchingRules = {} }, answer) {
  const found = typeof answer?.body === 'string' ? parsed(answer.body) : answer?.body
  return [
    ...(answer?.statusCode === status ? [] : [`the status is ${answer?.statusCode}, not ${status}`]),
    ...(body === undefined ? [] : differences(body, found, '$.body', matchingRules)),
  ]
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const kindOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

/** A rule holds for what is below it, too, until there is a closer one. */
function ruleAt(path, rules) {
  const anyItem = path.replaceAll(/\[\d+\]/g, '[*]')
  const above = Object.keys(rules).filter((one) => path.startsWith(one) || anyItem.startsWith(one))
  return rules[above.sort((a, b) => b.length - a.length)[0] ?? '']
}

function differences(wanted, found, path, rules) {
  const rule = ruleAt(path, rules)
  if (rule?.match === 'regex')
    return new RegExp(rule.regex).test(String(found)) ? [] : [`${path} does not look like ${rule.regex}`]
  const kind = kindOf(wanted)
  if (kindOf(found) !== kind) return [`${path} is ${kindOf(found)}, not ${kind}`]
  if (kind === 'object')
    return Object.entries(wanted).flatMap(([name, value]) => differences(value, found[name], `${path}.${name}`, rules))
  if (kind === 'array') {
    const least = rule?.min ?? (rule?.match === 'type' ? 1 : wanted.length)
    if (found.length < least) return [`${path} has ${found.length} items, not ${least}`]
    const items =
      rule?.match === 'type' ? found.map((item) => [wanted[0], item]) : wanted.map((one, at) => [one, found[at]])
    return items.flatMap(([one, item], at) => differences(one, item, `${path}[${at}]`, rules))
  }
  return rule?.match === 'type' || wanted === found ? [] : [`${path} is not ${JSON.stringify(wanted)}`]
}

/** The event of an HTTP API, as API Gateway sends it (payload format 2.0). */
export const eventOf = ({ method, path, query = '', headers = {}, body }) => ({
  version: '2.0',
  rawPath: path,
  rawQueryString: query,
  headers,
  requestContext: { http: { method, path } },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})

/**
 * The answer of the hook.
 * @param invoke calls a version of a function with an event
 */
export async function verified({ consumer, interactions }, targets, invoke) {
  for (const { function: name, candidate } of targets) {
    for (const { description, request, response } of interactions) {
      const wrong = wrongIn(response, await invoke(name, candidate, eventOf(request)))
      if (wrong.length > 0)
        return { result: 'fail', message: `version ${candidate} breaks ${consumer.name}, ${description}: ${wrong[0]}` }
    }
  }
  return { result: 'pass', message: `${consumer.name} can live with all ${interactions.length} answers` }
}
