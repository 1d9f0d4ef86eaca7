import { feathers } from '@feathersjs/feathers'
import { bodyParser, cors, errorHandler, koa, rest } from '@feathersjs/koa'

import { authenticate } from './authenticate.js'
import { logError } from './log-error.js'
import { users } from './services/users.js'

export const app = koa(feathers())

app.set('paginate', { default: 10, max: 50 })
app.set('token', process.env.API_TOKEN)
app.set('database', process.env.DATABASE_FILE ?? 'users.nedb')

app.use(cors())
app.use(errorHandler())
app.use(bodyParser())

app.configure(rest())
app.hooks({ around: { all: [logError, authenticate] } })
app.configure(users)
