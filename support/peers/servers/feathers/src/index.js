import { app } from './app.js'

const host = process.env.HOST ?? '127.0.0.1'
const port = Number(process.env.PORT ?? 3030)

process.on('unhandledRejection', (reason) => console.error('Unhandled rejection', reason))

app.listen(port, host).then(() => console.log(`Feathers app listening on http://${host}:${port}`))
