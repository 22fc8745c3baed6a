// libas2, an AS2 library nobody here wrote: reads one request as JSON from standard input, answers with JSON.
//   compose: a message of the partner to us        receipt: what it reads in our receipt
//   answer:  opens our message and answers it
const { AS2Composer, AS2Parser, AS2Disposition } = require('libas2')

// As one piece: given headers and body, it takes the body for UTF-8.
const parsed = ({ headers, body }) => {
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('') + '\r\n'
  return AS2Parser.parse(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body, 'base64')]))
}

const built = async node => {
  const raw = await node.build()
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw.subarray(0, end).toString('latin1').replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = lines.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
  return { headers, body: raw.subarray(end + 4).toString('base64') }
}

const work = {
  async compose ({ agreement, content }) {
    const composer = new AS2Composer({
      agreement,
      message: { filename: '855.edi', contentType: 'application/edi-x12', content: Buffer.from(content, 'base64') }
    })
    return built(await composer.compile())
  },
  async receipt ({ message, certificate }) {
    const found = await AS2Disposition.incoming(await parsed(message), { cert: certificate })
    return found.notification
  },
  async answer ({ agreement, message }) {
    const made = await AS2Disposition.outgoing({ node: await parsed(message), agreement })
    const content = made.contentNode && made.contentNode.content
    return { content: content ? Buffer.from(content).toString('base64') : '', ...(await built(made.dispositionNode)) }
  }
}

const chunks = []
process.stdin.on('data', chunk => chunks.push(chunk))
process.stdin.on('end', async () => {
  const { what, ...request } = JSON.parse(Buffer.concat(chunks))
  process.stdout.write(JSON.stringify(await work[what](request)))
})
