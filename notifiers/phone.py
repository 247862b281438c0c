"""Calls to people on duty through Twilio: what is wrong is read aloud, and one key answers.

The words travel with the request (TwiML), so that the telephone speaks even while our own address
cannot be reached; only the key that is pressed comes back to us. As with texts, nothing is tried
twice here, and what is uncertain is looked up in Twilio's log (`find`) before anybody is called again.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from twilio.rest import Client as Twilio
from twilio.rest.api.v2010.account.call import CallInstance
from twilio.twiml.voice_response import Gather, VoiceResponse

from notifiers.base import DeliveryError, Notice, Outcome, Receipt
from notifiers.twilio_client import API_URL, UNREADABLE, FastClient, translated

RINGS_FOR = 30
"""Seconds: longer, and a mailbox answers."""

_WAITS_FOR_KEY = 8
_CLOCKS_APART = timedelta(minutes=2)
_LOG_LIMIT = 100
_GOODBYE = "No key was pressed. The next person is called in a few minutes."


class TwilioPhone:
    """The channel of calls. Its notice's `text` is what is said, twice.

    `number` is ours, which the call comes from. `answer_url` is where Twilio brings the key, and
    `status_url` where it says what became of the call; the delivery id is added to both.
    """

    name = "phone"
    batch = 10

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        number: str,
        *,
        answer_url: str,
        status_url: str,
        api_url: str = API_URL,
        timeout: float = 15.0,
    ) -> None:
        self._number = number
        self._answer_url = answer_url
        self._status_url = status_url
        self._http = FastClient(timeout)
        self._twilio = Twilio(account_sid, auth_token, http_client=self._http)
        self._twilio.api.base_url = api_url.rstrip("/")

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        """One call each, all at once."""
        return await asyncio.gather(*map(self._call, notices))

    async def find(self, notice: Notice, since: datetime) -> Receipt | None:
        """Search Twilio's log for a call to the same number, not older than `since`.

        The log does not keep what was said. A call to that person in the same minutes is taken for
        this one: their telephone has rung.
        """
        try:
            logged = await self._twilio.calls.list_async(to=notice.address, limit=_LOG_LIMIT)
        except UNREADABLE as error:
            raise translated(error) from error
        earliest = since.astimezone(UTC) - _CLOCKS_APART
        return next((_receipt(call) for call in logged if call.date_created and call.date_created >= earliest), None)

    async def close(self) -> None:
        """Close the connections to Twilio."""
        await self._http.close()

    async def _call(self, notice: Notice) -> Outcome:
        page = urlencode({"page": notice.delivery_id})
        try:
            call = await self._twilio.calls.create_async(
                to=notice.address,
                from_=self._number,
                twiml=spoken(notice.text, f"{self._answer_url}?{page}"),
                timeout=RINGS_FOR,
                status_callback=f"{self._status_url}?{page}",
            )
            return _receipt(call)
        except DeliveryError as error:
            return error
        except UNREADABLE as error:
            return translated(error)


def spoken(words: str, answer_url: str) -> str:
    """The call as Twilio reads it: the words twice, then a goodbye; a key ends either and goes to `answer_url`."""
    response = VoiceResponse()
    for _ in range(2):
        gather = Gather(num_digits=1, action=answer_url, method="POST", timeout=_WAITS_FOR_KEY)
        gather.say(words, language="en-US")
        response.append(gather)
    response.say(_GOODBYE, language="en-US")
    response.hangup()
    return str(response)


def _receipt(call: CallInstance) -> Receipt:
    if not call.sid:
        raise ValueError("an answer without the call's SID")
    return Receipt(call.sid, is_final=False)
