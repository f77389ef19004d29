// Payments: charges a cart. Every version of the sample is healthy; what it shows is the approval of a second person.
export const handler = async (event) => {
  const cents = event.cart.reduce((sum, item) => sum + item.cents * item.count, 0)
  return { charged: cents }
}
