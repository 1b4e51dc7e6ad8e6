// Sends one message with nodemailer. Standard input: one line of JSON, then the octets of the
// message. Standard output: one line of JSON that tells how it ended.
'use strict';

const nodemailer = require('nodemailer');

function transport(order) {
    const options = {
        host: order.host,
        port: order.port,
        name: order.helo,
        secure: order.mode === 'tls',
        requireTLS: order.mode === 'starttls',
        ignoreTLS: order.mode === 'plain',
        connectionTimeout: order.patience,
        greetingTimeout: order.patience,
        socketTimeout: order.patience,
        tls: {ca: order.ca},
    };
    if (order.auth) {
        options.auth = {user: order.auth.user, pass: order.auth.password};
        options.authMethod = order.auth.mechanism;
    }
    return nodemailer.createTransport(options);
}

async function send(order, message) {
    const envelope = {from: order.sender, to: order.recipients};
    if (order.eightBit) envelope.use8BitMime = true;
    try {
        const info = await transport(order).sendMail({envelope, raw: message});
        return {accepted: info.accepted, rejected: info.rejected, response: info.response};
    } catch (error) {
        return {code: error.code, command: error.command, responseCode: error.responseCode,
            error: error.message};
    }
}

const pieces = [];
process.stdin.on('data', (piece) => pieces.push(piece));
process.stdin.on('end', async () => {
    const input = Buffer.concat(pieces);
    const end = input.indexOf('\n');
    const order = JSON.parse(input.subarray(0, end).toString());
    console.log(JSON.stringify(await send(order, input.subarray(end + 1))));
});
