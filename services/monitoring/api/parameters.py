"""Path and header parameters of monitoring, each with its Chinese name."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from shared.contracts.library import Quarter
from shared.identifiers import Uscc

DeclarationId = Annotated[UUID, Path(title="申报标识", description="项目申报的标识，UUID")]
QuarterCode = Annotated[Quarter, Path(title="季度", description="季度，如 2024Q1")]
MeterId = Annotated[UUID, Path(title="计量点标识", description="计量点的标识，UUID")]
InspectionId = Annotated[UUID, Path(title="核查标识", description="现场核查的标识，UUID")]
PlanId = Annotated[UUID, Path(title="核查计划标识", description="核查计划的标识，UUID")]
FindingId = Annotated[UUID, Path(title="问题标识", description="核查问题或监测异常的标识，UUID")]
RepairId = Annotated[UUID, Path(title="修复申请标识", description="信用修复申请的标识，UUID")]
EntityUscc = Annotated[Uscc, Path(title="统一社会信用代码", description="单位的 18 位统一社会信用代码")]
