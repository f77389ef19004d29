// Checkout, version 4: correct, but calls a slow tax service for every item. Slow.
const slowTax = (cents) => new Promise((resolve) => setTimeout(() => resolve(Math.round(cents * 0.19)), 40))

export const handler = async (event) => {
  let total = 0
  for (const item of event.cart) total += (item.cents + (await slowTax(item.cents))) * item.count
  return { version: 4, total }
}
