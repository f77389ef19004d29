// Loads the page of whoever is on call.
import { onCallView, type OnCallView } from '../../core/view/on-call-view.ts'
import { fleetNow, type NowPorts } from './now.ts'

/** @throws Problem when the services cannot be listed */
export const loadOnCall = async (ports: NowPorts): Promise<OnCallView> => onCallView(await fleetNow(ports))
