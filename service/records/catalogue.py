"""The records that there are."""

from collections.abc import Mapping

from service.records.climate import CLIMATE
from service.records.codes import FMD, TRACE_CODES
from service.records.dscsa import DSCSA
from service.records.fsma import FSMA
from service.records.genealogy import GENEALOGY
from service.records.gsp import GSP
from service.records.record import Record
from service.records.trail import TRAIL

_ALL = (FSMA, DSCSA, *GSP, CLIMATE, TRACE_CODES, FMD, GENEALOGY, TRAIL)
RECORDS: Mapping[str, Record] = {record.name: record for record in _ALL}
