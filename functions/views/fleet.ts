// Loads the page of all services.
import { fleetView, type FleetView } from '../../core/view/fleet-view.ts'
import { fleetNow, type NowPorts } from './now.ts'

/** @throws Problem when the services cannot be listed */
export const loadFleet = async (ports: NowPorts): Promise<FleetView> => fleetView(await fleetNow(ports))
