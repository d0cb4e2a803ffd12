"""How less than adequate performance, or a return that does not come, is escalated: contract management.

Source of the steps and their order: NHS Standard Contract, General Conditions, GC9 (contract management). The ten days
from the notice to the meeting and the five from the meeting to the plan are the contract's, in Operational Days, which
are counted here as England's working days; the other numbers are assumptions of this portal.
"""

from datetime import date

from returns.ladders import LadderSpec, LadderStep, Side

LADDER = LadderSpec(
    title="Contract management",
    source="NHS Standard Contract, General Condition 9",
    valid_from=date(2015, 4, 1),
    steps=(
        LadderStep(
            "informal-contact",
            "Informal contact",
            Side.COMMISSIONER,
            5,
            "Speak to the provider’s Prevent lead: what is in the way, and by when will it be put right?",
        ),
        LadderStep(
            "contract-query-notice",
            "Contract query notice",
            Side.COMMISSIONER,
            10,
            "Issue the notice in writing and keep it here. The meeting follows within ten working days.",
        ),
        LadderStep(
            "contract-management-meeting",
            "Contract management meeting",
            Side.COMMISSIONER,
            5,
            "Meet, and record what was agreed. A remedial action plan is agreed within five working days.",
        ),
        LadderStep(
            "remedial-action-plan",
            "Remedial action plan",
            Side.PROVIDER,
            20,
            "The provider carries out the plan and shows, with evidence, that it worked.",
        ),
        LadderStep(
            "exception-report",
            "Exception report",
            Side.COMMISSIONER,
            5,
            "The plan was not kept: report it to the boards of provider and commissioner.",
        ),
    ),
)
