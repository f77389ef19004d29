// What a definition asks for besides its plan: a line each, for whoever checks or applies it.
import { promisedWords } from '../../core/concurrency/words.ts'
import { watchPolicyWords } from '../../core/definition/watch-policy.ts'
import { isObserved, type Service } from '../../core/service/service.ts'

export function besidesWords(service: Service): readonly string[] {
  if (isObserved(service)) return []
  const promised = promisedWords(service)
  return [
    ...(service.watch === undefined ? [] : [`Watched: ${watchPolicyWords(service.watch)}.`]),
    ...(promised === undefined ? [] : [`Provisioned concurrency: ${promised}.`]),
  ]
}
