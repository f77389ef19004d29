// What is released.
exports.handler = async () => ({ statusCode: 200, body: 'thank you' })
