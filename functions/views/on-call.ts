// Loads the page of whoever is on call.
import { onCallView, type OnCallView } from '../../core/view/on-call-view.ts'
import { sentenceOf } from '../steps/each.ts'
import type { World } from '../steps/world.ts'
import { fleetNow, type NowPorts } from './now.ts'

type Ports = NowPorts & { readonly messages: Pick<World['messages'], 'recent'> }

const messagesMost = 15

/** @throws Problem when the services cannot be listed */
export async function loadOnCall(ports: Ports): Promise<OnCallView> {
  const [now, recent] = await Promise.all([fleetNow(ports), recentOf(ports)])
  return onCallView(now, recent)
}

async function recentOf({ messages }: Pick<Ports, 'messages'>) {
  try {
    const { items, unreadable } = await messages.recent(messagesMost)
    return { messages: items, because: unreadable.map(({ problem }) => problem.message) }
  } catch (error) {
    return { because: [`Which messages were sent is not known: ${sentenceOf(error)}`] }
  }
}
